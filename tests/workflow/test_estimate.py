"""`snakemake estimate`: what a run will take, on a machine that has none of the data."""

import pandas as pd
import pytest
import yaml

from engram.config import EstimateSettings, load_settings
from engram.core.errors import EstimateError
from engram.core.paths import Layout
from engram.estimate.cost import price
from engram.estimate.jobs import dry_run, parse_jobs
from engram.estimate.page import run_seconds
from engram.estimate.products import product_works
from engram.estimate.sizes import find_sizes
from tests.conftest import ROOT, read_config
from tests.estimate.conftest import pilot_of
from tests.workflow.conftest import snakemake
from tests.workflow.test_dag import planned

pytestmark = pytest.mark.workflow

#: The memory study alone, with as few kinds of networks as there can be.
SMALL = {
    "general": None,
    "entities": None,
    "memory": {"strategies": ["BL", "FC"], "levels": None},
    "estimate": {"gpus": 0, "cores": 2},
}


def test_a_run_is_estimated_job_by_job(checkout):
    """All jobs of a dry run, and a page on the terminal; nothing else is made."""
    (checkout / "small.yaml").write_text(yaml.safe_dump(SMALL))
    configuration = ("--configfile", "config/smoke.yaml", "small.yaml")
    dry = planned(snakemake(checkout, "-n", "--quiet", "rules", *configuration).stdout)
    said = snakemake(checkout, "estimate", *configuration).stdout
    frame = pd.read_csv(checkout / "results/smoke/estimate/estimate.csv").set_index("kind")
    assert frame["jobs"].sum() == dry["total"] - 1
    trained = sum(count for rule, count in dry.items() if rule.startswith("train_stage"))
    assert frame.loc["train_stage", "jobs"] == trained
    assert (frame["core_hours"] > 0).all()
    assert "hours on 2 cores**" in said
    assert {path.name for path in (checkout / "results/smoke").iterdir()} <= {"estimate", "logs", "checksums"}


def listed(settings, config):
    """Return all jobs of a configuration."""
    layout = Layout.from_settings(settings)
    work_of = product_works(settings, layout, find_sizes(settings, layout))
    return parse_jobs(dry_run(config), layout.logs, work_of)


def test_the_paper_is_priced_without_its_data(monkeypatch):
    """At published scale too, its jobs are listed and priced in seconds; more GPUs end sooner."""
    monkeypatch.chdir(ROOT)
    config = read_config("paper")
    jobs = listed(load_settings(config), config)
    pilot = pilot_of([job.work for job in jobs], gpu=True)
    costs = [price(job.work, pilot) for job in jobs]
    few, many = (run_seconds(jobs, costs, EstimateSettings(), gpus, 16) for gpus in (1, 8))
    assert many[0] < few[0]
    assert many[1] < few[1]


def test_a_lab_s_jobs_are_estimated_a_step_each(monkeypatch):
    """With `compute.job: stage` every step of the general study has a kind and work of its own."""
    monkeypatch.chdir(ROOT)
    config = read_config("smoke")
    config["compute"] = {**config.get("compute", {}), "job": "stage"}
    jobs = listed(load_settings(config), config)
    for kind in ("train_stage", "train_encoder", "extract_embeddings", "train_student", "represent_faces"):
        assert kind in {job.kind for job in jobs}
        assert all(job.work.workloads for job in jobs if job.kind == kind), kind
    # The jobs come in any order, and some of a kind, such as a probe of pairs, have no network.
    assert len({job.kind for job in jobs if job.work.workloads}) >= 10


def test_what_snakemake_cannot_plan_is_said():
    """A configuration with an unknown key: its own message, with the place."""
    with pytest.raises(EstimateError, match=r"(?s)cannot plan.*sedes: there is no such setting"):
        dry_run({"sedes": [1]})
