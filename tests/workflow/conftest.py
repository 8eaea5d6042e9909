"""Runs of snakemake as a user starts them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

#: Fixtures that take a run and are made once for several tests.
_RUNS = ("smoke_run", "own_data", "own_strategy", "own_encoder", "begun", "planned", "run")
_READ = ("Snakefile", "workflow", "config", "profiles", "envs")


def pytest_collection_modifyitems(items):
    """Let tests that share a run go to one process of `pytest -n 2 --dist loadgroup`."""
    for item in items:
        shared = [name for name in _RUNS if name in item.fixturenames]
        if shared:
            item.add_marker(pytest.mark.xdist_group(shared[0]))


def command(folder: Path, *arguments: str) -> dict:
    """Return what starts snakemake in ``folder`` with that folder's own package, and no data named."""
    variables = {name: value for name, value in os.environ.items() if name != "ENGRAM_FACES"}
    return {
        "args": [sys.executable, "-m", "snakemake", *arguments],
        "cwd": folder,
        "env": {**variables, "PYTHONPATH": str(folder / "workflow")},
    }


def snakemake(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    """Run snakemake to its end and return what it said."""
    done = subprocess.run(**command(folder, *arguments), capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(
            f"snakemake {arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
    return done


def copy_checkout(folder: Path) -> Path:
    """Make ``folder`` what a fresh clone is for a run: no results, no state."""
    folder.mkdir()
    leave = shutil.ignore_patterns("__pycache__")
    for name in _READ:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=leave)
        else:
            shutil.copy2(source, folder / name)
    return folder


@pytest.fixture
def checkout(tmp_path):
    """Return a folder like a fresh clone."""
    return copy_checkout(tmp_path / "engram")


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory):
    """Return a checkout in which `config/smoke.yaml` ran to its end."""
    folder = copy_checkout(tmp_path_factory.mktemp("smoke") / "engram")
    snakemake(folder, "--quiet", "rules", "--configfile", "config/smoke.yaml")
    return folder
