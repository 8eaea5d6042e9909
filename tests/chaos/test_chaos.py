"""Both studies, interrupted at random moments; see `make test-chaos`."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

import pytest

from tests.chaos.storm import AGAIN, Storm
from tests.chaos.strikes import plan_strikes, table
from tests.conftest import ROOT
from tests.workflow.conftest import command, copy_checkout
from tests.workflow.contents import differences, leftovers
from tests.workflow.interrupting import Run, run_to_the_end
from tests.workflow.processes import everyone

pytestmark = [pytest.mark.chaos, pytest.mark.workflow, pytest.mark.slow]

SEED = "ENGRAM_CHAOS_SEED"
RESULTS = Path("results/chaos")
CONFIGURATION = Path(__file__).with_name("chaos.yaml")
ARGUMENTS = ("all", "publish", "--configfile", "config/chaos.yaml")
#: Tracking and publishing change what others see, in several steps: they are interrupted more often.
SCRIPTS = [*AGAIN, "track", "publish"]


def repository(folder: Path) -> Path:
    """Make a fresh clone that Git and DVC know, with the configuration of this test."""
    copy_checkout(folder)
    shutil.copy(CONFIGURATION, folder / "config" / CONFIGURATION.name)
    (folder / ".dvc").mkdir()
    for name in (".gitignore", ".dvcignore", ".dvc/config", ".dvc/.gitignore"):
        shutil.copy(ROOT / name, folder / name)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder


def dvc(folder: Path, *arguments: str) -> str:
    """Run DVC in a folder and return what it says."""
    words = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout


def logged(folder: Path) -> Counter[tuple[str, str]]:
    """Return how often MLflow has a run of each name and status."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiments = [one.experiment_id for one in client.search_experiments()]
    runs = client.search_runs(experiments, max_results=10_000)
    return Counter((run.data.tags["engram.run"], run.info.status) for run in runs)


def processes_in(folder: Path) -> list[str]:
    """Return the processes that work in a folder."""
    return [" ".join(process.words()) for process in everyone() if process.folder() == str(folder)]


def typical_seconds(run: Run) -> dict[str, float]:
    """Return the median of what the jobs of each kind took."""
    taken = defaultdict(list)
    for job in run.jobs.values():
        taken[job.script].append(job.ended - job.began)
    return {script: median(seconds) for script, seconds in taken.items()}


def test_any_interruption_ends_with_the_same_bytes(tmp_path, capsys):
    """Every kind of job killed, every kind of signal: models, tables, MLflow and DVC come out the same."""
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(1_000_000))

    def log(line: str) -> None:
        with capsys.disabled():
            print(f"{time.monotonic() - started:6.0f} s  {line}", flush=True)  # noqa: T201

    started = time.monotonic()
    log(f"seed {seed}; {SEED}={seed} makes the same choices again")
    whole, folder = repository(tmp_path / "whole"), repository(tmp_path / "interrupted")
    reference = run_to_the_end(whole, *ARGUMENTS)
    log(f"an uninterrupted run: {len(reference.jobs)} jobs")

    strikes = plan_strikes(SCRIPTS, seed)
    storm = Storm(folder, RESULTS, ARGUMENTS, typical_seconds(reference), log)
    storm.rage(strikes)
    last = run_to_the_end(folder, *ARGUMENTS)
    begun = storm.started + Counter(job.script for job in last.jobs.values())
    needed = Counter(job.script for job in reference.jobs.values())
    log(f"{len(strikes)} interruptions; snakemake started {storm.runs + 1} times\n")
    log(f"\n\n{table(strikes, begun, needed)}\n")

    assert differences(whole / RESULTS, folder / RESULTS) == []
    assert leftovers(folder) == []
    assert processes_in(folder) == []
    assert logged(folder) == logged(whole)
    assert set(logged(folder).values()) == {1}
    assert "in sync" in dvc(folder, "status", "--cloud", "results.dvc")
    assert_published_once_and_for_all(folder)


def assert_published_once_and_for_all(folder: Path) -> None:
    """Publishing the same results from nothing, undisturbed, gives the same pointer."""
    pointer = (folder / "results.dvc").read_text(encoding="utf-8")
    for name in ("published", ".dvcremote", ".dvc/cache", ".dvc/tmp"):
        shutil.rmtree(folder / name)
    (folder / "results.dvc").unlink()
    (folder / RESULTS / "published.json").unlink()
    subprocess.run(**command(folder, "publish", *ARGUMENTS[2:]), check=True, capture_output=True)
    assert (folder / "results.dvc").read_text(encoding="utf-8") == pointer
