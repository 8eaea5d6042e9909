"""Prices worked out by hand, for a step of half a second."""

from dataclasses import replace

import pytest

from engram.config import EstimateSettings, TrainingSettings
from engram.estimate.cost import Cost, Pilot, price
from engram.estimate.jobs import Job
from engram.estimate.page import by_kind, estimate_page, longest_chain, run_seconds
from engram.training.workload import DataSize, Network, Work, Workload
from tests.estimate.conftest import pilot_of

NETWORK = Network(kind="operator", settings={"sizes": [10]})
RECIPE = TrainingSettings(epochs=5, batch_size=10)
TRAINED = Work(
    workloads=[
        # 5 epochs of 2 batches; then 2 passes a time, 5 times.
        Workload.training(NETWORK, 20, RECIPE, models=1).model_copy(update={"cached": 100}),
        Workload.forward(NETWORK, 160, times=5, gpu_batch=160),
    ],
    core_seconds=3.0,
    arrays=1e9,
    disk=500.0,
)
LIGHT = Work(core_seconds=10.0, disk=7.0, arrays=1e6)


def jobs_of(*works, needs=()):
    """Return a job a work, named by its place."""
    return [Job(kind=f"kind{n}", needs=list(needs) if n else [], work=work) for n, work in enumerate(works)]


def test_a_job_with_networks():
    """20 steps of half a second and 3 seconds of a core, behind a start with torch."""
    cost = price(TRAINED, pilot_of([TRAINED], threads=2))
    assert cost.seconds == pytest.approx(2.6 + 3 + 20 * 0.5)
    assert (cost.gpu, cost.slots) == (False, 2)
    assert cost.memory == 1e9 + 1e9 + 200e6
    assert cost.disk == 500 + 4 * 1000
    assert cost.scratch == 2 * 100 * 10 + 32 * 1000


def test_a_gpu_takes_larger_passes():
    """On a GPU 160 faces are one pass, not two."""
    cost = price(TRAINED, pilot_of([TRAINED], gpu=True, threads=2))
    assert cost.seconds == pytest.approx(2.6 + 3 + 15 * 0.5)
    assert (cost.gpu, cost.slots, cost.gpu_memory) == (True, 1, 2e9)


def test_several_processes_hold_as_many_devices():
    """Two processes: half of the passes, twice the memory."""
    shared = TRAINED.shared(2)
    cost = price(shared, pilot_of([shared], gpu=True))
    assert (cost.slots, cost.memory) == (2, 2 * (1e9 + 1e9 + 200e6))


def test_a_job_without_networks():
    """It starts without torch and uses no GPU."""
    cost = price(LIGHT, Pilot("a GPU", True, 1))
    assert (cost.seconds, cost.gpu, cost.slots, cost.gpu_memory) == (0.9 + 10, False, 1, 0)
    assert (cost.memory, cost.disk) == (140e6 + 1e6, 7)


def test_the_table_sums_up_a_kind():
    """Hours and disk of all, memory and seconds of the largest job."""
    jobs = jobs_of(TRAINED, LIGHT)
    jobs = [*jobs, jobs[0]]
    costs = [price(job.work, pilot_of([TRAINED], gpu=True)) for job in jobs]
    frame = by_kind(jobs, costs).set_index("kind")
    assert frame.loc["kind0", "jobs"] == 2
    assert frame.loc["kind0", "gpu_hours"] == pytest.approx(2 * 13.1 / 3600)
    assert frame.loc["kind0", "longest_s"] == pytest.approx(13.1)
    assert frame.loc["kind1", "core_hours"] == pytest.approx(10.9 / 3600)


def jobs_that_take(*seconds, needs=()):
    """Return jobs and costs: so many seconds on a core each; later ones wait for the places in ``needs``."""
    jobs = jobs_of(*[LIGHT] * len(seconds), needs=needs)
    return jobs, [Cost(each, False, 1, 0, 0, 0, 0) for each in seconds]


def test_a_chain_takes_its_sum_on_any_machine():
    """Two jobs wait for the first, and together they are its followers: the longer of the two counts."""
    jobs, costs = jobs_that_take(5.0, 7.0, 1.0, needs=[0])
    assert longest_chain(jobs, [5.0, 7.0, 1.0]) == 12
    assert run_seconds(jobs, costs, EstimateSettings(job_seconds=2.0), 0, 100)[0] == 16


def test_the_bounds_hold_work_that_is_shared_out():
    """Six jobs of ten seconds on two cores take thirty at least, and at most a chain more."""
    jobs, costs = jobs_that_take(*[10.0] * 6)
    assert run_seconds(jobs, costs, EstimateSettings(job_seconds=0.0), 0, 2) == (30, 40)


def test_gpus_and_cores_are_held_apart():
    """Jobs on cores do not wait for GPUs; without GPUs all share the cores."""
    jobs, costs = jobs_that_take(10.0, 10.0)
    costs = [Cost(10.0, True, 1, 0, 0, 0, 0), *costs[1:]]
    chosen = EstimateSettings(job_seconds=0.0)
    assert run_seconds(jobs, costs, chosen, 1, 1) == (10, 30)
    assert run_seconds(jobs, costs, chosen, 0, 1) == (20, 30)


def test_wide_jobs_leave_machines_idle():
    """While a job of three cores waits, two may be idle; on two cores it takes half as long again."""
    jobs, costs = jobs_that_take(10.0, 10.0)
    costs = [replace(cost, slots=3) for cost in costs]
    chosen = EstimateSettings(job_seconds=0.0)
    assert run_seconds(jobs, costs, chosen, 0, 4) == (15, 10 + 60 / 2)
    assert run_seconds(jobs, costs, chosen, 0, 2) == (30, 15 + 60)


SIZES = {"wild": DataSize(images=9, subjects=3, train=6, validation=1, test=2, side=64, origin="drawn so")}


def test_the_page_answers_what_a_lab_asks():
    """Jobs, hours on so many GPUs and cores, the longest chain, memory, disk."""
    jobs, pilot = jobs_of(TRAINED, TRAINED, LIGHT, needs=[0]), pilot_of([TRAINED], gpu=True)
    page = estimate_page(jobs, pilot, EstimateSettings(gpus=2, cores=4, job_seconds=86.9), SIZES)
    # 100 seconds for each network; the second and the light one wait for the first.
    assert (
        "3 jobs, 0.0073 GPU-hours and 0.003 core-hours: **0.056 to 0.09 hours on 2 GPUs and 4 cores**" in page
    )
    assert "The longest chain of jobs takes 0.056 hours" in page
    assert "The largest job holds 2.0 GiB of memory and 1.9 GiB of a GPU's." in page
    assert "| wild | 9 | 6 | 1 | 2 | drawn so |" in page


def test_a_pilot_without_a_gpu_prices_cores():
    """The page counts hours by cores."""
    page = estimate_page(jobs_of(TRAINED), pilot_of([TRAINED]), EstimateSettings(), SIZES)
    assert "hours on 16 cores**" in page
    assert "measured on a device" in page
