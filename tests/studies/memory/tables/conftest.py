"""Runs that several tests of tables read."""

from __future__ import annotations

import pytest

from engram.studies.memory.collect import collect
from tests.simulated_run import make_settings, write_run


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return a run whose data sets are the paper's FER and MUG."""
    config = make_settings(seeds=[1]).model_dump(mode="json")
    for name, title in (("wild", "FER"), ("studio", "MUG")):
        split = {"scheme": "published", "sizes": [240, 40, 120]}
        config["datasets"][name] |= {"published": title, "title": title, "reader": "manifest", "split": split}
        config["datasets"][name] |= {"root": name, "drawn": None}
    config["memory"]["transfers"] = [{"source": "wild", "targets": ["studio"]}]
    config["memory"]["strategies"] = ["BL", "FC"]
    settings = type(make_settings()).model_validate(config)
    folder = tmp_path_factory.mktemp("published") / "results"
    write_run(settings, folder)
    return collect(settings, folder)


@pytest.fixture(scope="module")
def folded(tmp_path_factory):
    """Return a run whose targets are tested in two folds."""
    config = make_settings().model_dump(mode="json")
    for name in ("studio", "lab"):
        config["datasets"][name]["split"]["folds"] = 2
    settings = type(make_settings()).model_validate(config)
    folder = tmp_path_factory.mktemp("folded") / "results"
    write_run(settings, folder)
    return collect(settings, folder)


@pytest.fixture(scope="module")
def partial(tmp_path_factory):
    """Return a run in which RE is run with all of the target's training subset alone."""
    config = make_settings().model_dump(mode="json")
    config["memory"] |= {"strategies": ["BL", "FC", "RE"], "sweep": None}
    config["memory"]["strategy"]["RE"]["fractions"] = [100]
    settings = type(make_settings()).model_validate(config)
    folder = tmp_path_factory.mktemp("partial") / "results"
    write_run(settings, folder)
    return collect(settings, folder)
