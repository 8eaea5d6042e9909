"""Runs of snakemake as a user starts them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, make_once

#: Folder of what each job of the smoke run declared and opened.
AUDIT = "audit"
#: What is known of the code by the content of its files.
_SOURCES = Path(".snakemake/code/sources.json")
_READ = ("Snakefile", "workflow", "config", "profiles", "envs", "LICENSE", "CITATION.cff")


#: What takes longest begins first, so that no process works alone at the end: the run that files share,
#: beside it files that do without, and when it is there the others that wait for it.
_FIRST = ("test_declared", "test_settings_rerun", "test_dag", "test_contributing", "test_share", "test_smoke")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these files first, then the others of this folder, then all other tests, of seconds.

    xdist keeps the order with `--no-loadscope-reorder`.
    """
    ranks = {name: rank for rank, name in enumerate(_FIRST)}
    here = Path(__file__).parent
    last = len(_FIRST)
    items.sort(key=lambda item: ranks.get(item.path.stem, last) if item.path.parent == here else last + 1)


def command(folder: Path, *arguments: str, audit: Path | None = None) -> dict:
    """Return what starts snakemake in ``folder`` with that folder's own package, and no data named.

    With ``audit``, a folder, each job leaves there what it declares and what it opened.
    """
    variables = {name: value for name, value in os.environ.items() if name != "ENGRAM_FACES"}
    paths = [str(folder / "workflow")]
    if audit is not None:
        variables["ENGRAM_AUDIT"] = str(audit)
        paths.append(str(ROOT / "tests/workflow/audit"))
    return {
        "args": [sys.executable, "-m", "snakemake", *arguments],
        "cwd": folder,
        "env": {**variables, "PYTHONPATH": os.pathsep.join(paths)},
    }


def snakemake(
    folder: Path, *arguments: str, check: bool = True, audit: Path | None = None
) -> subprocess.CompletedProcess:
    """Run snakemake to its end and return what it said."""
    how = command(folder, *arguments, audit=audit)
    done = subprocess.run(**how, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(
            f"snakemake {arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
    return done


def copy_checkout(folder: Path) -> Path:
    """Make ``folder`` what a fresh clone is for a run: no results, no state.

    What Python compiled and what was read of the code so far is copied too, where this checkout has it. Both
    are known by the content of files, and to make them anew is two thirds of what a start of snakemake costs.
    """
    folder.mkdir(exist_ok=True)
    for name in _READ:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy2(source, folder / name)
    if (ROOT / _SOURCES).exists():
        (folder / _SOURCES).parent.mkdir(parents=True)
        shutil.copy2(ROOT / _SOURCES, folder / _SOURCES)
    return folder


@pytest.fixture
def checkout(tmp_path):
    """Return a folder like a fresh clone."""
    return copy_checkout(tmp_path / "engram")


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory):
    """Return a checkout in which `config/smoke.yaml` ran to its end; ``audit/`` says what its jobs opened.

    Processes of one call of pytest share the run: the first makes it, each takes a copy.
    """

    def run(folder: Path) -> None:
        copy_checkout(folder)
        (folder / AUDIT).mkdir()
        snakemake(folder, "--quiet", "rules", "--configfile", "config/smoke.yaml", audit=folder / AUDIT)

    made = make_once(tmp_path_factory, "smoke-made", run)
    return shutil.copytree(made, tmp_path_factory.mktemp("smoke") / "engram", copy_function=shutil.copy2)
