"""A run that is interrupted ends as an uninterrupted one; two runs at once do not disturb each other."""

from __future__ import annotations

import re
import shutil
import signal
import time
from pathlib import Path

import pytest

# Not where it is used: by the time that it took to load, the training would be over.
from engram.models.files import read_tensors
from tests.workflow.conftest import copy_checkout, snakemake
from tests.workflow.contents import differences, leftovers
from tests.workflow.interrupting import Job, Run, run_to_the_end, unlock

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

RESULTS = Path("results/interrupted")
CONFIGURATION = Path(__file__).with_name("interrupted.yaml")
#: Tables alone: no figure, no card, no page. Interruptions of these are `make test-chaos`.
ARGUMENTS = ("tables", "--quiet", "rules", "--configfile", "config/interrupted.yaml")
#: As far as the subjects of the source are split: one data set is drawn, and nothing is trained.
BEGINNING = (str(RESULTS / "data/wild/split.csv"), *ARGUMENTS[1:])


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
    path = folder / RESULTS / "scratch/seed1/wild.base/checkpoint.safetensors"
    return read_tensors(path)[1]["epoch"] if path.exists() else 0


@pytest.mark.long
def test_an_interrupted_run_ends_with_the_same_bytes(tmp_path):
    """Killed while it draws, in the middle of training, and while it writes tables: nothing is lost or left.

    The killed training goes on from its checkpoint, and says so.
    """
    whole, folder = checkout(tmp_path / "whole"), checkout(tmp_path / "interrupted")
    run_to_the_end(whole, *ARGUMENTS)

    # A job alone: Snakemake ends with an error.
    with Run(folder, *BEGINNING) as run:
        run.await_job(is_("draw_faces")).process.send(signal.SIGKILL)
        assert run.finish() == 1
        assert "draw_faces" in run.said()

    # Snakemake alone, in the middle of an epoch: its job does not go on beside the next run.
    with Run(folder, *ARGUMENTS) as run:
        job = run.await_job(is_("train_stage"))
        await_epochs(folder, 2, job)
        run.interrupt(signal.SIGKILL, children=False)
        run.process.wait()
        deadline = time.monotonic() + 5
        while job.process.is_running():
            assert time.monotonic() < deadline
    unlock(folder, *ARGUMENTS)

    # The job alone again, asked to end.
    with Run(folder, *ARGUMENTS) as run:
        job = run.await_job(is_("train_stage"))
        first = went_on(folder, job)
        assert first >= 2
        await_epochs(folder, first + 1, job)
        job.process.send(signal.SIGTERM)
        assert run.finish() == 1

    # All of it at once, as when the machine stops.
    with Run(folder, *ARGUMENTS) as run:
        went_on(folder, run.await_job(is_("train_stage")), after=first)
        run.await_job(is_("memory_tables"))
        run.interrupt(signal.SIGKILL, children=True)
        run.process.wait()
    unlock(folder, *ARGUMENTS)

    run_to_the_end(folder, *ARGUMENTS)
    assert differences(whole / RESULTS, folder / RESULTS) == []
    assert leftovers(folder) == []
    assert "Nothing to be done" in snakemake(folder, *ARGUMENTS).stderr


def await_epochs(folder: Path, epochs: int, job: Job) -> None:
    """Wait until the training on the source has done some epochs and is in the middle of the next."""
    while epochs_done(folder) < epochs:
        assert job.process.is_running(), "the training ended before it could be interrupted"
        time.sleep(0.02)


def went_on(folder: Path, job: Job, after: int = 0) -> int:
    """Wait for a training job to say after which epoch it goes on; what was said before ends at ``after``."""
    while True:
        running = job.process.is_running()
        told = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.log"))
        epochs = [
            int(found) for found in re.findall(r"wild\.base \(seed 1\): going on after epoch (\d+)", told)
        ]
        if max(epochs, default=0) > after:
            return max(epochs)
        assert running, told
        time.sleep(0.02)


def test_a_second_run_is_refused_and_the_first_undisturbed(tmp_path):
    """Two runs in one folder: the second says at once what holds it back and what to do."""
    folder = checkout(tmp_path / "engram")
    with Run(folder, *BEGINNING) as first:
        # It stands still until the second has had its answer.
        job = first.await_job(is_("draw_faces")).process
        job.send(signal.SIGSTOP)
        started = time.monotonic()
        second = snakemake(folder, *ARGUMENTS, check=False)
        assert time.monotonic() - started < 30
        assert second.returncode == 1
        assert "cannot be locked" in second.stderr
        assert "--unlock" in second.stderr
        assert not first.ended
        job.send(signal.SIGCONT)
        assert first.finish() == 0, first.said()
