"""The ways to install agree: what pip is told, what conda is told, what the package says of itself."""

import re
import tomllib

import yaml

from tests.conftest import ROOT

ENVS = ROOT / "envs"


def test_conda_gets_the_python_that_the_package_asks_for():
    """The environment file is valid, names conda-forge alone, and leaves the packages to the script."""
    env = yaml.safe_load((ENVS / "engram.yaml").read_text(encoding="utf-8"))
    assert env["channels"] == ["conda-forge", "nodefaults"]
    (python,) = (re.fullmatch(r"python =(3\.\d+)", name) for name in env["dependencies"] if name != "pip")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={python[1]}"
    # Snakemake looks for the script by the environment file's name.
    assert (ENVS / "engram.post-deploy.sh").exists()


def test_all_that_is_asked_for_is_pinned():
    """Every requirement stands in requirements.txt with the version asked for, and all are pinned."""
    pinned = _lines("requirements.txt")
    assert all(re.fullmatch(r"[\w.-]+==[\w.+]+", line) for line in pinned)
    lower = {line.lower().replace("_", "-") for line in pinned}
    assert {line.lower().replace("_", "-") for line in _lines("requirements.in")} <= lower


def _lines(name):
    text = (ENVS / name).read_text(encoding="utf-8")
    lines = (re.split(r"[#;]", line)[0].strip() for line in text.splitlines())
    return [line for line in lines if line]
