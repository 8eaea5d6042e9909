"""Jobs of several processes in a plan: what they hold, how long, and what the page says of it."""

import re

import pytest

from engram.core.errors import ConfigurationError
from engram.estimate.jobs import Job
from engram.estimate.page import plan_page
from engram.estimate.tables import by_gpus, by_rule
from tests.conftest import ROOT
from tests.estimate.conftest import stage
from tests.estimate.test_costs_general import job

SHARED = {"compute": {"processes": 2, "nodes": 2}}
#: One job of each kind that computes networks.
JOBS = [
    stage("wild.base"),
    job("train_encoder", {"encoder": "identity"}),
    job("extract_embeddings", {"dataset": "crowd", "shard": "0"}, encoders=["identity"]),
    job("fit_operators", operators=["ae"], seeds=[1]),
    job("train_student", {"kind": "unique", "seed": "1"}, seeds=[1]),
    job("represent_faces", {"dataset": "crowd"}),
    job("select_encoders", {"knowledge": "pain"}),
    job("transfer_frozen", {"knowledge": "pain"}, approaches=["h_g"]),
    job("transfer_trained", {"knowledge": "pain"}, approaches=["cnn"]),
    job("solve_knowledge", {"knowledge": "pain"}, approaches=["cnn"], choose=True),
    Job(
        "evaluate_models",
        "evaluate_models",
        wildcards={"dataset": "wild"},
        params={"models": [], "seeds": []},
    ),
]


def test_the_jobs_that_start_processes_hold_as_many_gpus(planned):
    """Those whose rules take as many cores as there are processes, no others."""
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    start = set(re.findall(r"threads: PROCESSES.*?scripts/(\w+)\.py", rules, re.DOTALL))
    plan = planned(JOBS, "default", SHARED, gpus=4)
    held = {job.kind: cost.slots for job, cost in zip(plan.jobs, plan.costs, strict=True)}
    assert len(start) == 5
    assert held == {job.kind: 4 if job.kind in start else 1 for job in JOBS}
    assert {cost.slots for cost in planned(JOBS, "default").costs} == {1}


def test_hours_are_those_of_all_that_is_held(planned):
    """Two stages of four GPUs each follow one another on four, run together on eight, and cost the same."""
    plan = planned([stage("wild.base"), stage("portraits.base")], "default", SHARED, gpus=4)
    one, other = (cost.seconds / 3600 for cost in plan.costs)
    assert plan.hours(4) == pytest.approx(one + other)
    assert plan.hours(8) == pytest.approx(max(one, other))
    assert by_rule(plan).loc[0, "gpu_hours"] == pytest.approx(4 * (one + other))


def test_too_few_gpus_are_refused_and_not_compared(planned):
    """A job of four processes does not run on fewer GPUs; on cores they take turns."""
    assert list(by_gpus(planned([stage("wild.base")], "default", SHARED, gpus=6))["gpus"]) == [
        4,
        6,
        8,
        16,
        32,
    ]
    with pytest.raises(ConfigurationError, match=r"plan\.gpus is 3.*holds 4 at once.*Plan for"):
        planned([stage("wild.base")], "default", SHARED, gpus=3)
    plan = planned([stage("wild.base")], "default", SHARED, gpus=0, cores=2)
    assert plan.hours(0) == pytest.approx(2 * plan.costs[0].seconds / 3600)


def test_the_page_says_what_is_assumed_of_processes(planned):
    """Perfect sharing and free talk, of the jobs that are so run; one process needs no such word."""
    page = plan_page(planned(JOBS[:4], "default", SHARED, gpus=4))
    assert "Each job of train_stage, train_encoder, extract_embeddings holds 4 GPUs, one a process" in page
    assert "assumed to share its faces perfectly, and to take no time" in page
    assert "0.5 GB of torchrun" in page
    cores = plan_page(planned(JOBS[:4], "default", SHARED, gpus=0))
    assert "holds 4 cores" in cores
    assert "torchrun" not in plan_page(planned(JOBS, "default"))
