"""`snakemake plan`: what a run will take, on a machine that has none of the data."""

import re

import pandas as pd
import pytest

from engram.config import load_settings
from tests.conftest import CONFIGURATIONS, read_config
from tests.workflow.conftest import snakemake
from tests.workflow.test_dag import planned

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_configuration_is_planned_job_by_job(checkout, name):
    """The plan has the jobs of a dry run, shows a page, and leaves nothing else behind."""
    configuration = ("--configfile", f"config/{name}.yaml")
    dry = planned(snakemake(checkout, "-n", "--quiet", "rules", *configuration).stdout)
    done = snakemake(checkout, "plan", *configuration)
    folder = checkout / load_settings(read_config(name)).results
    frame = pd.read_csv(folder / "plan.csv").set_index("rule")
    assert frame["jobs"].sum() == dry["total"] - 1
    trained = sum(count for rule, count in dry.items() if rule.startswith("train_stage"))
    assert frame.loc["train_stage", "jobs"] == trained
    assert (frame["gpu_hours"] + frame["core_hours"] > 0).all()
    assert "# Plan of" in done.stdout
    assert "Nothing is known of" not in done.stdout
    assert {path.name for path in folder.iterdir()} <= {"plan.md", "plan.csv", "logs"}


def test_a_plan_is_made_anew_for_other_machines(checkout):
    """More GPUs end sooner, and the second call does not find its work done."""
    hours = []
    for gpus in (1, 8):
        options = ("--configfile", "config/paper.yaml", "--config", f"plan={{gpus: {gpus}}}")
        said = snakemake(checkout, "plan", *options).stdout
        hours.append(float(re.search(rf"\*\*([\d.,]+) hours on {gpus} GPUs", said)[1].replace(",", "")))
    assert hours[1] < hours[0]


def test_a_lab_s_jobs_are_planned_a_step_each(checkout):
    """With `compute.job: stage` every step of the general study is costed, and short ones are named."""
    options = ("--configfile", "config/smoke.yaml", "--config", "compute={job: stage}")
    said = snakemake(checkout, "plan", *options).stdout
    assert "Nothing is known of" not in said
    assert re.search(r"\| transfer_frozen +\| .*`compute.job: family`", said)
