"""What tests of every floor share."""

import os
import shutil
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import settings as hypothesis_settings
from snakemake.utils import update_config

from engram.config import load_settings
from engram.core.locks import lock_file

ROOT = Path(__file__).parents[1]
pytest_plugins = ["tests.evidence_fixtures"]
CONFIGURATIONS = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))
#: What `make_once` made, as this process found it: folder -> file -> when it was written.
_SHARED: dict[Path, dict[Path, int]] = {}

# Continuous integration shares its cores: a slow example is no failure, a random one no help.
hypothesis_settings.register_profile("engram", deadline=None, derandomize=True)
hypothesis_settings.load_profile("engram")


def read_config(name: str) -> dict:
    """Return a configuration as Snakemake merges it over the default; the caller may change it."""
    return deepcopy(_read_once(name))


@cache
def _read_once(name: str) -> dict:
    config = yaml.safe_load((ROOT / "config/default.yaml").read_text(encoding="utf-8"))
    if name != "default":
        update_config(config, yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8")))
    return config


def make_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that ``make`` fills once for all processes of one call of pytest.

    The first that asks makes it, the others wait; `shared_folders_stay_as_they_are` fails if one changes it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, finished = shared / name, shared / f"{name}-finished"
    with open(shared / f"{name}-lock", "w") as lock:
        lock_file(lock)
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            finished.touch()
        _SHARED.setdefault(folder, _times(folder))
    return folder


def _times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session", autouse=True)
def shared_folders_stay_as_they_are():
    """Name files that a test changed for others, even where it put them back."""
    yield
    now = {folder: _times(folder) for folder in _SHARED}
    changed = [path for folder in now for path, _ in now[folder].items() ^ _SHARED[folder].items()]
    assert not changed, f"a test changed what all tests share; let it change a copy: {sorted(set(changed))}"


@pytest.fixture(scope="session")
def default_config():
    """The default configuration, as a dictionary; copy it before changing it."""
    return read_config("default")


@pytest.fixture(scope="session")
def smoke_settings():
    """The settings of the smallest run."""
    return load_settings(read_config("smoke"))
