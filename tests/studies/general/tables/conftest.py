"""Runs that several tests of tables read."""

from __future__ import annotations

import pytest

from engram.config import Settings
from engram.studies.general.evidence.collect import collect_general
from tests.simulated_general import general_settings, write_general_run


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return a run whose targets and encoders are some of the paper's own."""
    config = general_settings(seeds=[1]).model_dump(mode="json")
    config["general"]["targets"] = {
        name: config["general"]["targets"][name] | {"published": title}
        for name, title in (("gender", "Gender-UTK"), ("press", "Identity-LFW"))
    }
    names = [
        "Expr-AffectNet",
        "Identity-LFW",
        "Object-TinyImageNet",
        "AgeR-FG",
        "Attrib-CelebA",
        "Gender-UTK",
    ]
    for name, title in zip(config["general"]["encoders"], names, strict=True):
        config["general"]["encoders"][name]["published"] = title
    config["datasets"]["press"]["published"] = "LFW"
    settings = Settings.model_validate(config)
    folder = tmp_path_factory.mktemp("published") / "results"
    write_general_run(settings, folder)
    return collect_general(settings, folder)
