"""Faces that are stored in shards: a killed shard is made again, alone, and ends with the same bytes."""

import shutil
import signal
from pathlib import Path

import pytest

from engram.data.images.store import FaceStore
from tests.conftest import ROOT
from tests.workflow.conftest import copy_checkout, snakemake
from tests.workflow.interrupting import Run, run_to_the_end

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

FACES = Path("results/shards/data/crowd/faces_general")
ARGUMENTS = (
    *(str(FACES / "store.json"), "--quiet", "rules", "--cores", "1"),
    *("--configfile", "config/smoke.yaml", "shards.yaml"),
)


def checkout(folder):
    copy_checkout(folder)
    shutil.copy(ROOT / "tests/workflow/shards.yaml", folder / "shards.yaml")
    return folder


def test_a_killed_shard_is_lost_alone(tmp_path):
    """Killed while others are done: they stay, it leaves nothing, and the next run makes it anew."""
    whole, folder = checkout(tmp_path / "whole"), checkout(tmp_path / "killed")
    run_to_the_end(whole, *ARGUMENTS)
    with Run(folder, *ARGUMENTS) as run:
        first = run.await_job(lambda job: job.script == "prepare_shard")
        second = run.await_job(lambda job: job.script == "prepare_shard" and job is not first)
        second.process.send(signal.SIGKILL)
        assert run.finish() == 1
    done = {path.name: path.stat().st_mtime_ns for path in (folder / FACES).glob("shard-*.arrow")}
    assert len(done) == 3
    assert not (folder / FACES / "store.json").exists()
    run_to_the_end(folder, *ARGUMENTS)
    for name, time in done.items():
        assert (folder / FACES / name).stat().st_mtime_ns == time
    for path in (whole / FACES).iterdir():
        if path.suffix != ".json" or path.name == "store.json":
            assert (folder / FACES / path.name).read_bytes() == path.read_bytes(), path.name
    assert not [path for path in (folder / FACES).iterdir() if "partial" in path.name]
    assert len(FaceStore.load(folder / FACES)) == 160
    assert "Nothing to be done" in snakemake(folder, *ARGUMENTS).stderr
