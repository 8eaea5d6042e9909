"""`snakemake estimate`: what a run will take, on a machine that has none of the data."""

import json

import pandas as pd
import pytest
import yaml

from engram.config import EstimateSettings
from engram.core.errors import EstimateError
from engram.estimate.jobs import JobList, dry_run
from engram.estimate.page import estimate_page
from engram.training.workload import DataSize
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
    """All jobs of a dry run, a page on the terminal, nothing measured twice; a run's timings are compared."""
    (checkout / "small.yaml").write_text(yaml.safe_dump(SMALL))
    configuration = ("--configfile", "config/smoke.yaml", "small.yaml")
    dry = planned(snakemake(checkout, "-n", "--quiet", "rules", *configuration).stdout)
    said = snakemake(checkout, "estimate", *configuration).stdout
    folder = checkout / "results/smoke/estimate"
    frame = pd.read_csv(folder / "estimate.csv").set_index("kind")
    assert frame["jobs"].sum() == dry["total"] - 1
    trained = sum(count for rule, count in dry.items() if rule.startswith("train_stage"))
    assert frame.loc["train_stage", "jobs"] == trained
    assert (frame["core_hours"] > 0).all()
    assert "hours on 2 cores**" in said
    assert "No job of this configuration has run here" in said
    assert {path.name for path in (checkout / "results/smoke").iterdir()} <= {"estimate", "logs", "checksums"}

    timing = checkout / json.loads((folder / "jobs.json").read_text())[0]["timing"]
    timing.parent.mkdir(parents=True)
    timing.write_text('{"s": 4.0}\n')
    said = snakemake(checkout, "estimate", *configuration).stdout
    assert "rule pilot" not in said
    assert "measured / predicted" in said


def test_the_paper_is_priced_without_its_data(checkout):
    """At published scale too, its jobs are listed and priced in seconds; more GPUs end sooner."""
    snakemake(checkout, "results/paper/estimate/jobs.json", "--configfile", "config/paper.yaml")
    jobs = JobList.validate_json((checkout / "results/paper/estimate/jobs.json").read_bytes())
    pilot = pilot_of([job.work for job in jobs], gpu=True)
    sizes = {"any": DataSize(images=9, subjects=3, train=6, validation=1, test=2, side=64, origin="said")}
    hours = []
    for gpus in (1, 8):
        page = estimate_page(jobs, pilot, EstimateSettings(gpus=gpus), sizes, {})
        hours.append(float(page.partition("**")[2].partition(" hours")[0].replace(",", "")))
    assert hours[1] < hours[0]


def test_a_lab_s_jobs_are_estimated_a_step_each(checkout):
    """With `compute.job: stage` every step of the general study has a kind and work of its own."""
    options = ("--configfile", "config/smoke.yaml", "--config", "compute={job: stage}")
    snakemake(checkout, "results/smoke/estimate/jobs.json", *options)
    jobs = JobList.validate_json((checkout / "results/smoke/estimate/jobs.json").read_bytes())
    for kind in ("train_stage", "train_encoder", "extract_embeddings", "train_student", "represent_faces"):
        assert kind in {job.kind for job in jobs}
        assert all(job.work.workloads for job in jobs if job.kind == kind), kind
    # The jobs come in any order, and some of a kind, such as a probe of pairs, have no network.
    assert len({job.kind for job in jobs if job.work.workloads}) >= 10


def test_what_snakemake_cannot_plan_is_said():
    """A configuration with an unknown key: its own message, with the place."""
    with pytest.raises(EstimateError, match=r"(?s)cannot plan.*sedes: there is no such setting"):
        dry_run({"sedes": [1]})
