"""A run that is interrupted ends as an uninterrupted one; two runs at once do not disturb each other."""

from __future__ import annotations

import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.workflow.conftest import copy_checkout, snakemake
from tests.workflow.contents import differences, leftovers
from tests.workflow.interrupting import Job, Run, run_to_the_end, unlock

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

RESULTS = Path("results/interrupted")
CONFIGURATION = Path(__file__).with_name("interrupted.yaml")
#: Tables alone: no figure, no card, no page. Interruptions of these are `make test-chaos`.
ARGUMENTS = ("tables", "--quiet", "rules", "--configfile", "config/interrupted.yaml")


def checkout(folder: Path) -> Path:
    """Make a fresh clone with the configuration of these tests."""
    copy_checkout(folder)
    shutil.copy(CONFIGURATION, folder / "config" / CONFIGURATION.name)
    return folder


def is_(script: str):
    """Return what tells whether a job runs a script."""
    return lambda job: job.script == script


def epochs_done(folder: Path) -> int:
    """Return after which epoch the checkpoint of the training on the source stands; 0 without one."""
    from engram.learning.models import read_tensors

    path = folder / RESULTS / "scratch/seed1/wild.base/checkpoint.safetensors"
    return read_tensors(path)[1]["epoch"] if path.exists() else 0


def test_an_interrupted_run_ends_with_the_same_bytes(tmp_path):
    """Killed while it draws, in the middle of training, and while it writes tables: nothing is lost or left.

    The killed training goes on from its checkpoint, and says so.
    """
    whole, folder = checkout(tmp_path / "whole"), checkout(tmp_path / "interrupted")
    run_to_the_end(whole, *ARGUMENTS)
    log = folder / RESULTS / "logs/train_stage"

    # The job alone: Snakemake goes on with what does not need it, and ends with an error.
    with Run(folder, *ARGUMENTS) as run:
        run.await_job(is_("draw_faces")).process.kill()
        assert run.finish() == 1
        assert "draw_faces" in run.said()

    # Snakemake alone, in the middle of an epoch: its job must not go on beside the next run.
    with Run(folder, *ARGUMENTS) as run:
        job = run.await_job(is_("train_stage"))
        await_epochs(folder, 2, job)
        run.interrupt(signal.SIGKILL, children=False)
        run.process.wait()
        unlock(folder, *ARGUMENTS)
        with Run(folder, *ARGUMENTS) as again:
            job_again = again.await_job(is_("train_stage"))
            assert not job.is_running() or job.process.wait(10) is None
            first = int(went_on(log, job_again))
            assert first >= 2
            # And the job alone again, politely.
            await_epochs(folder, first + 2, job_again)
            job_again.process.terminate()
            assert again.finish() == 1

    # All of it at once, as when the machine stops.
    with Run(folder, *ARGUMENTS) as run:
        job = run.await_job(is_("train_stage"))
        assert int(went_on(log, job)) > first
        job = run.await_job(is_("memory_tables"))
        run.interrupt(signal.SIGKILL, children=True)
        run.process.wait()

    unlock(folder, *ARGUMENTS)
    snakemake(folder, *ARGUMENTS)
    assert differences(whole / RESULTS, folder / RESULTS) == []
    assert leftovers(folder) == []
    assert "Nothing to be done" in snakemake(folder, *ARGUMENTS).stderr


def await_epochs(folder: Path, epochs: int, job: Job) -> None:
    """Wait until the training on the source has done some epochs and is in the middle of the next."""
    while epochs_done(folder) < epochs:
        assert job.is_running(), "the training ended before it could be interrupted"
        time.sleep(0.02)


def went_on(folder: Path, job: Job) -> str:
    """Return after which epoch a training job went on, by its log."""
    while True:
        ended = not job.is_running()
        told = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.log"))
        found = re.search(r"wild\.base \(seed 1\): going on after epoch (\d+)", told)
        if found:
            return found.group(1)
        assert not ended, told
        time.sleep(0.02)


def test_a_second_run_is_refused_and_the_first_undisturbed(tmp_path):
    """Two runs in one folder: the second says at once what holds it back and what to do."""
    folder = checkout(tmp_path / "engram")
    with Run(folder, "results/interrupted/data/wild/split.csv", *ARGUMENTS[1:]) as first:
        first.await_job(is_("draw_faces"))
        started = time.monotonic()
        second = snakemake(folder, *ARGUMENTS, check=False)
        assert time.monotonic() - started < 30
        assert second.returncode == 1
        assert "cannot be locked" in second.stderr
        assert "--unlock" in second.stderr
        assert not first.ended
        assert first.finish() == 0, first.said()
