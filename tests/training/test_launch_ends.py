"""Jobs of several processes that fail, are killed or are told to stop: all end together, and say why."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
import time

import psutil
import pytest

from engram.core.errors import EmbeddingError, EngramError, ProcessError
from engram.core.locks import lock_file
from engram.core.records import read_record
from engram.training import launch as launching
from tests.studies.conftest import make_settings
from tests.studies.stage_runs import run_stages
from tests.training.teams import beside


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
        told.write_text(str(error), encoding="utf-8")


def processes_of(layout):
    """Return torchrun and the processes of the jobs of a results folder."""
    mark = str(layout.root / "scratch")
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(mark in part for part in process.info["cmdline"] or [])
    ]


def wait_for(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.slow
def test_killed_jobs_leave_no_process_and_resume_to_the_same_bytes(world, tmp_path):
    """SIGKILL of one process: an error tells which. SIGKILL of the job: its processes end with it. Asked to
    stop, all end their epoch. The next run goes on and ends with the bytes of a run that nobody killed.
    """
    epochs, told, layout, whole = 30, tmp_path / "told", world[1], beside(world, tmp_path)[1]
    train_long(whole, epochs, told)
    checkpoint = layout.scratch("wild.base", 1) / "checkpoint.safetensors"

    def kill(choose, number=signal.SIGKILL):
        # Spawned: a fork would inherit torch's threads.
        job = multiprocessing.get_context("spawn").Process(target=train_long, args=(layout, epochs, told))
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        job.start()
        wait_for(lambda: checkpoint.exists() and checkpoint.stat().st_mtime_ns > before)
        assert len(processes_of(layout)) == 3
        os.kill(choose(job), number)
        job.join(60)
        wait_for(lambda: not processes_of(layout), seconds=15)
        assert not layout.model("wild.base", 1).exists()

    kill(lambda _: next(p.pid for p in processes_of(layout) if p.environ().get("RANK") == "1"))
    assert "of the 2 processes of this job, these ended without a word: [1]" in told.read_text()
    kill(lambda job: job.pid)
    kill(lambda job: job.pid, signal.SIGTERM)
    assert re.search(r"came, so it stopped after epoch \d+ of 30", told.read_text())
    told.unlink()
    train_long(layout, epochs, told)
    assert not told.exists()
    assert layout.model("wild.base", 1).read_bytes() == whole.model("wild.base", 1).read_bytes()
    history, expected = (read_record(where.model_record("wild.base", 1)).history for where in (layout, whole))
    assert history == expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_what_a_cluster_sends_is_passed_on_as_what_torchrun_knows(number):
    """Both ask to stop; torchrun would be killed by the second. Afterwards all is as it was before."""
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)]
    with subprocess.Popen(["sleep", "60"]) as torchrun, launching._told_to_stop(torchrun):
        signal.raise_signal(number)
        assert torchrun.wait(10) == -signal.SIGTERM
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)] == before


def test_what_a_killed_job_left_is_removed_by_the_next(tmp_path):
    """Its folder is old and nobody holds its lock; one that is held, or so new that it may be, stays."""
    for name in ("old", "held", "new"):
        file = tmp_path / f"processes-{name}/job.json"
        file.parent.mkdir()
        file.write_text("{}")
        if name != "new":
            os.utime(file, (0, 0))
    with open(tmp_path / "processes-held/job.json", "r+b") as held:
        lock_file(held)
        launching._remove_abandoned(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["processes-held", "processes-new"]


def end(folder, rank, error, when, message="so"):
    write = {"error": error, "message": message, "time": when}
    (folder / f"end-{rank}.json").write_text(json.dumps(write), encoding="utf-8")


@pytest.mark.parametrize(
    ("ends", "kind", "says"),
    [
        (["RuntimeError", "EmbeddingError", "RuntimeError"], EmbeddingError, "^so 1$"),
        (["RuntimeError", None, "missing"], ProcessError, r"without a word: \[2\]"),
        (["stopped", "ValueError", "RuntimeError"], ProcessError, "process 1 of 3 ended by ValueError: so 1"),
        (["stopped", None, None], ProcessError, r"processes \[0\] of 3 were told to stop"),
    ],
)
def test_the_cause_is_told_not_what_it_caused(tmp_path, ends, kind, says):
    """An error meant for people before a killed process, that before an error, that before a stop."""
    for rank, error in enumerate(ends):
        if error != "missing":
            end(tmp_path, rank, error, when=rank, message=f"so {rank}")
    failure = launching._failure(tmp_path, 3)
    assert type(failure) is kind
    assert re.search(says, str(failure))


def test_processes_that_end_well_are_no_failure(tmp_path):
    """Each left a line, none of them an error."""
    for rank in range(3):
        end(tmp_path, rank, None, when=rank)
    assert launching._failure(tmp_path, 3) is None
