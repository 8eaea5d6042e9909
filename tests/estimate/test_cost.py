"""Prices worked out by hand, for a step of half a second."""

import pytest

from engram.config import EstimateSettings, TrainingSettings
from engram.core.errors import EstimateError
from engram.estimate.cost import price
from engram.estimate.jobs import Job
from engram.estimate.measured import Pilot
from engram.estimate.page import by_kind, estimate_page
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
    return [
        Job(kind=f"kind{n}", needs=list(needs) if n else [], priority=0, timing=f"{n}.jsonl", work=work)
        for n, work in enumerate(works)
    ]


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
    cost = price(LIGHT, Pilot(gpu=True))
    assert (cost.seconds, cost.gpu, cost.slots, cost.gpu_memory) == (0.9 + 10, False, 1, 0)
    assert (cost.memory, cost.disk) == (140e6 + 1e6, 7)


def test_a_network_that_was_not_measured_is_named():
    """With the command that measures it."""
    with pytest.raises(EstimateError, match=r"did not measure training 10 .*operator.*--forcerun pilot"):
        price(TRAINED, Pilot(device="a device"))


def test_the_table_sums_up_a_kind():
    """Hours, memory of the largest job, disk of all, and what the jobs took that ran."""
    jobs = jobs_of(TRAINED, LIGHT)
    jobs = [*jobs, jobs[0].model_copy(update={"timing": "other"})]
    frame = by_kind(jobs, pilot_of([TRAINED], gpu=True), {"0.jsonl": 20.0}).set_index("kind")
    assert frame.loc["kind0", "jobs"] == 2
    assert frame.loc["kind0", "gpu_hours"] == pytest.approx(2 * 13.1 / 3600)
    assert frame.loc["kind1", "core_hours"] == pytest.approx(10.9 / 3600)
    assert (frame.loc["kind0", "ran"], frame.loc["kind0", "measured_s"]) == (1, 20.0)
    assert frame.loc["kind0", "predicted_s"] == pytest.approx(13.1)
    assert frame.loc["kind1", "ran"] == 0


SIZES = {"wild": DataSize(images=9, subjects=3, train=6, validation=1, test=2, side=64, origin="drawn so")}


def test_the_page_answers_what_a_lab_asks():
    """Jobs, hours on so many GPUs and cores, the longest chain, memory, disk, and what is compared."""
    jobs, pilot = jobs_of(TRAINED, TRAINED, LIGHT, needs=[0]), pilot_of([TRAINED], gpu=True)
    chosen = EstimateSettings(gpus=2, cores=4, job_seconds=86.9)
    page = estimate_page(jobs, pilot, chosen, SIZES, {})
    # 100 seconds for each network; the second and the light one wait for the first.
    assert "3 jobs, 0.0073 GPU-hours and 0.003 core-hours: **0.056 hours on 2 GPUs and 4 cores**" in page
    assert "holds 2.0 GiB of memory and 1.9 GiB of a GPU's" in page
    assert "| wild     |      9 |        6 |          1 |    2 | drawn so |" in page
    assert "No job of this configuration has run here" in page
    page = estimate_page(jobs, pilot, chosen, SIZES, {"0.jsonl": 26.2})
    assert "| kind0 |   1 |        13.1 |       26.2 |                  2.0 |" in page


def test_a_pilot_without_a_gpu_prices_cores():
    """It says so, and counts the hours by cores."""
    page = estimate_page(jobs_of(TRAINED), pilot_of([TRAINED]), EstimateSettings(), SIZES, {})
    assert "1 jobs, 0.0043 core-hours: **0.0057 hours on 16 cores**" in page
    assert "The pilot saw no GPU" in page
    assert "| cores |" in page
