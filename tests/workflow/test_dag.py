"""Every configuration gives a valid plan, on a machine that has none of the data."""

import re

import pytest

from engram.ground.plan import lineages
from engram.ground.settings import load_settings
from tests.conftest import CONFIGURATIONS, read_config
from tests.workflow.conftest import snakemake

pytestmark = pytest.mark.workflow


def planned(output: str) -> dict[str, int]:
    """Return rule -> number of jobs of a dry run."""
    table = output.split("Job stats:")[-1]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_configuration_has_a_plan(checkout, name):
    """`snakemake -n` works without data and plans one training job a lineage and batch of seeds."""
    done = snakemake("-n", "--quiet", "rules", "--configfile", f"config/{name}.yaml", folder=checkout)
    jobs = planned(done.stdout)
    settings = load_settings(read_config(name))
    batches = -(-len(settings.seeds) // settings.compute.seeds_per_job)
    training = sum(count for rule, count in jobs.items() if rule.startswith("train_stage"))
    assert training == batches * len(lineages(settings.memory))
    assert {"prepare_faces", "split_subjects", "evaluate_models", "memory_tables", "memory_claims"} <= set(jobs)


def test_one_figure_needs_no_other(checkout):
    """A figure asked for by name plans no table and no other figure."""
    done = snakemake("results/figures/integrity.svg", "-n", "--quiet", "rules", folder=checkout)
    jobs = planned(done.stdout)
    assert jobs["memory_figure"] == 1
    assert "memory_tables" not in jobs


def test_a_misspelt_setting_stops_before_any_job(checkout):
    """The error names the setting and its place, without a traceback of the package."""
    done = snakemake("-n", "--config", "compute={threads: 2}", folder=checkout, check=False)
    assert done.returncode
    assert "compute.threads: there is no such setting" in done.stdout + done.stderr


def test_missing_data_stops_before_any_job(checkout):
    """A real run without the data says what is missing, where it is requested, and its layout."""
    done = snakemake("--configfile", "config/paper.yaml", folder=checkout, check=False)
    said = done.stdout + done.stderr
    assert done.returncode
    for name in ("fer2013", "jaffe", "tfeid", "mug"):
        assert f"data/raw/{name}" in said
    assert "Kaggle" in said
    assert "fer2013.csv" in said
    assert not (checkout / "results").exists()


def test_no_more_threads_than_cores(checkout):
    """Training and evaluation are jobs of one thread, so that two fill two cores."""
    done = snakemake("-n", folder=checkout)
    assert "threads:" not in done.stdout
