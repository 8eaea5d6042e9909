"""Jobs of several processes on CPUs: they train one network, fail by one error, and stop when asked to."""

import math
import multiprocessing
import os
import signal
import time

import psutil
import pytest
import torch
from safetensors.torch import load_file

from engram.config import ComputeParams, ComputeSettings
from engram.core.errors import EngramError, InterruptionError, ProcessError
from engram.core.records import read_record
from engram.models.files import read_tensors
from engram.runtime.job_spec import JobFiles
from engram.studies.general.jobs.pipeline import student_job
from engram.studies.general.students.distillation import train_student
from engram.training import launch as launching
from engram.training.launch import launch_step
from tests.studies import taught_world
from tests.studies.conftest import make_settings
from tests.studies.stage_runs import run_stages
from tests.training import rank_steps
from tests.training.worlds import beside, run_step

#: torch's launcher leaves the logs of its processes to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def run(step, folder, processes=2):
    """Launch a step of `rank_steps` whose outputs lie in a folder."""
    compute = ComputeSettings(device="cpu", precision="fp32", processes=processes)
    params = ComputeParams(results=str(folder), compute=compute)
    launch_step(step, JobFiles(), JobFiles(folder=str(folder)), params, threads=processes, code="code")


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Return the empty folder in which a launch puts its files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(launching.tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.slow
def test_all_ranks_end_with_the_same_network(tmp_path, scratch):
    """Weights and running statistics are equal to the byte on both ranks, losses finite and the same."""
    run(rank_steps.train_small, tmp_path)
    first, second = (load_file(tmp_path / f"rank-{rank}.safetensors") for rank in (0, 1))
    assert set(first) == set(second)
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert first["losses"].shape == (3, 2)
    assert torch.isfinite(first["losses"]).all()
    assert first["norm.running_mean"].any()
    assert not list(scratch.iterdir())


@pytest.mark.slow
def test_two_processes_train_stages(world):
    """With cached features, frozen layers, replay, distillation, elastic weights and a head that no longer
    learns: finite losses, records that name the processes, and no scratch.
    """
    names = ["portraits.base", "wild.base", "portraits.base/wild.base"]
    names += [f"wild.base/studio.{recipe}" for recipe in ("head", "replay", "lwf", "ewc")]
    run_stages(world, names, processes=2)
    layout = world[1]
    for name in names:
        record = read_record(layout.model_record(name, 1))
        assert record.environment["processes"] == "2"
        assert all(math.isfinite(entry["loss"]) for entry in record.history)
    first, chained = (
        read_tensors(layout.model(name, 1))[0] for name in ("portraits.base", "portraits.base/wild.base")
    )
    assert torch.equal(first["heads.age_group.weight"], chained["heads.age_group.weight"])
    assert not list((layout.root / "scratch").glob("*/*"))


@pytest.mark.slow
@pytest.mark.long
def test_two_processes_train_a_student(tmp_path):
    """With batch normalisation, and teachers dropped face by face; rank 0 measures its reconstruction."""
    training = {"epochs": 2, "batch_size": 32, "learning_rate": 0.0005}
    world = taught_world.make_world(tmp_path, training=training, teacher_dropping=0.5)
    run_step(train_student, student_job, kind="unic", seed=1, world=world, processes=2)
    folder = world[1].student("unic", 1)
    record = read_record(folder / "record.json")
    assert record.environment["processes"] == "2"
    assert all(math.isfinite(entry["loss"]) for entry in record.history)
    assert (folder / "reconstruction.parquet").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "says"),
    [
        (rank_steps.fail_on_rank_one, r"^rank 1 failed: TrainingError: face 7 has no label\. "),
        pytest.param(
            *(rank_steps.fail_unexpectedly, r"^rank 1 failed: ValueError: a mistake\. "),
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_rank_that_fails_ends_the_job_with_its_error(tmp_path, scratch, step, says):
    """The error is that of the rank that failed, not of the ranks that it left alone; no file is left."""
    with pytest.raises(ProcessError, match=says):
        run(step, tmp_path)
    assert not list(scratch.iterdir())


@pytest.mark.parametrize(
    ("messages", "rank"),
    [
        ({0: "RuntimeError: closed", 1: "EmbeddingError: no", 2: "RuntimeError: closed"}, 1),
        ({0: "RuntimeError: closed", 2: "Signal 9 (SIGKILL) received by PID 5"}, 2),
        ({0: "RuntimeError: closed"}, 0),
    ],
)
def test_the_cause_is_told_not_what_it_caused(messages, rank):
    """An error that Engram raised comes before a killed process, and that before other errors."""
    assert f"rank {rank} failed: {messages[rank]}. " in str(launching._cause(messages))


def test_one_process_runs_in_this_one(tmp_path):
    """The step gets the very objects, all threads, and the hash of the code."""
    called = []
    params = ComputeParams(results=str(tmp_path), compute=ComputeSettings())
    files = JobFiles(a="x"), JobFiles(b=["y"])

    def step(*arguments, threads, code):
        called.append((*arguments, threads, code))

    launch_step(step, *files, params, threads=3, code="code")
    assert called == [(*files, params, 3, "code")]


def long_settings(epochs):
    """Return settings whose stages train for some epochs, whatever validation says."""
    settings = make_settings()
    base = settings.memory.recipe["base"].model_copy(update={"epochs": epochs, "patience": epochs})
    memory = settings.memory.model_copy(update={"recipe": {**settings.memory.recipe, "base": base}})
    return settings.model_copy(update={"memory": memory})


def train_long(layout, epochs, told):
    """Train for some epochs in two processes; write what Engram says if they fail or stop."""
    try:
        run_stages((long_settings(epochs), layout), ["wild.base"], processes=2)
    except EngramError as error:
        told.write_text(f"{type(error).__name__}: {error}", encoding="utf-8")


def wait_for(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.long
@pytest.mark.slow
def test_killed_jobs_leave_no_process_and_resume_to_the_same_bytes(world, tmp_path):
    """SIGKILL of one rank: an error tells which. SIGKILL of the job: its processes end with it. SIGTERM and
    SIGUSR1: both ranks end their epoch and write their checkpoint. The next run ends as a whole run.
    """
    epochs, told, layout, whole = 40, tmp_path / "told", world[1], beside(world, tmp_path)[1]
    train_long(whole, epochs, told)
    assert not told.exists()
    checkpoint = layout.scratch("wild.base", 1) / "checkpoint.safetensors"

    def ranks_of(job):
        found = psutil.Process(job.pid).children(recursive=True)
        return [process for process in found if "RANK" in process.environ()]

    def stop(choose, number):
        # Spawned: a fork would inherit torch's threads.
        job = multiprocessing.get_context("spawn").Process(target=train_long, args=(layout, epochs, told))
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        job.start()
        wait_for(lambda: checkpoint.exists() and checkpoint.stat().st_mtime_ns > before)
        ranks = ranks_of(job)
        assert len(ranks) == 2
        os.kill(choose(job, ranks), number)
        job.join(60)
        wait_for(lambda: not any(process.is_running() for process in ranks), seconds=15)
        assert not layout.model("wild.base", 1).exists()

    stop(lambda _, ranks: next(p.pid for p in ranks if p.environ()["RANK"] == "1"), signal.SIGKILL)
    assert "ProcessError: rank 1 failed: Signal 9 (SIGKILL)" in told.read_text()
    stop(lambda job, _: job.pid, signal.SIGKILL)
    for number in (signal.SIGTERM, signal.SIGUSR1):
        stop(lambda job, _: job.pid, number)
        assert f"{InterruptionError.__name__}: {number.name} came" in told.read_text()
    told.unlink()
    train_long(layout, epochs, told)
    assert not told.exists()
    assert layout.model("wild.base", 1).read_bytes() == whole.model("wild.base", 1).read_bytes()
    history, expected = (read_record(where.model_record("wild.base", 1)).history for where in (layout, whole))
    assert history == expected
