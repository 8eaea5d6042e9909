"""A machine whose numbers can be worked with in the head, and plans on it."""

import copy

import pytest
import yaml

from engram.config import load_settings
from engram.core.paths import Layout
from engram.estimate.jobs import Job
from engram.estimate.plan import make_plan
from engram.estimate.throughput import FAMILIES, AssumedGpu, Device, Host, Rate, Throughput
from tests.conftest import read_config


def settings_of(name, **changes):
    """Return a shipped configuration's settings, with some top-level sections changed."""
    return load_settings({**copy.deepcopy(read_config(name)), **changes})


def stage(lineage, seeds=(1,), **more):
    """Return a training job of one lineage."""
    return Job("train_stage", "train_stage", params={"lineages": [lineage], "seeds": list(seeds)}, **more)


@pytest.fixture
def throughput():
    """Return a core of 1 G multiply-adds a second and an assumed GPU of 100 G."""
    rates = {family: Rate(step_seconds=0.001, adds_per_second=1e9) for family in FAMILIES}
    return Throughput(
        host=Host(
            name="a processor",
            prepared_values_per_second=1e8,
            drawn_images_per_second=100.0,
            detect_seconds=0.001,
            detect_pixels_per_second=1e6,
            start_seconds=1.0,
            start_bytes=1e8,
            evidence_seconds=2.0,
            evidence_rows_per_second=1e5,
        ),
        cpu=Device(
            name="a core",
            precision="fp32",
            start_seconds=4.0,
            start_bytes=3e8,
            training=rates,
            forward=rates,
        ),
        assumed_gpu=AssumedGpu(
            name="a GPU",
            peak_flops=2e12,
            utilisation=dict.fromkeys(FAMILIES, 0.1),
            step_seconds=dict.fromkeys(FAMILIES, 0.003),
            start_seconds=10.0,
            start_bytes=2e9,
        ),
    )


@pytest.fixture
def planned(tmp_path, throughput):
    """Return a function that plans jobs of a configuration on the machine of this folder's conftest."""
    path = tmp_path / "throughput.yaml"
    path.write_text(yaml.safe_dump(throughput.model_dump()), encoding="utf-8")

    def plan(jobs, name="paper", changes=None, **options):
        chosen = {"throughput": str(path), "job_seconds": 0, **options}
        settings = settings_of(name, plan=chosen, **(changes or {}))
        return make_plan(settings, Layout(tmp_path / "results"), jobs)

    return plan
