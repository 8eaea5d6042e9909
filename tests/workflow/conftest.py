"""Runs of snakemake as a user starts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def snakemake(*arguments, folder=ROOT, check=True, **environment):
    """Start snakemake in ``folder`` and return what it said; without data of any kind named."""
    variables = {name: value for name, value in os.environ.items() if name != "ENGRAM_FACES"}
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        env={**variables, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(f"snakemake {arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


@pytest.fixture
def checkout(tmp_path):
    """Return a folder like a fresh clone: the tracked files alone, no results, no state."""
    return copy_checkout(tmp_path / "engram")


def copy_checkout(folder: Path) -> Path:
    """Link what a run reads into ``folder``; its results and state come to lie there."""
    folder.mkdir()
    for name in ("Snakefile", "workflow", "config", "profiles", "envs"):
        (folder / name).symlink_to(ROOT / name)
    return folder
