"""One simulated run for all tests of the evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from engram.config import Settings
from engram.studies.entities.collect import Evidence as EntitiesEvidence
from engram.studies.entities.collect import collect_entities
from engram.studies.general.evidence.collect import GeneralEvidence, collect_general
from engram.studies.memory.collect import Evidence, collect
from tests.conftest import make_once
from tests.simulated_entities import entities_settings, write_entities_run
from tests.simulated_general import general_settings, write_general_run
from tests.simulated_run import make_settings, write_run


@pytest.fixture(scope="session")
def settings() -> Settings:
    return make_settings()


@pytest.fixture(scope="session")
def results(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_once(tmp_path_factory, "memory", lambda top: write_run(settings, top / "results")) / "results"


@pytest.fixture(scope="session")
def evidence(settings: Settings, results: Path) -> Evidence:
    return collect(settings, results)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Return a run of one transfer and two strategies, quick to draw."""
    memory = make_settings().memory.model_dump(mode="json")
    memory["transfers"] = [{"source": "wild", "targets": ["studio"]}]
    memory["sweep"] = None
    settings = make_settings(seeds=[1, 2], memory={**memory, "strategies": ["BL", "FU"], "fractions": [100]})
    folder = tmp_path_factory.mktemp("small") / "results"
    write_run(settings, folder)
    return collect(settings, folder)


@pytest.fixture(scope="session")
def general(tmp_path_factory: pytest.TempPathFactory) -> GeneralEvidence:
    """Return a run of the general study: six encoders, ten targets."""
    settings = general_settings()
    top = make_once(tmp_path_factory, "general", lambda top: write_general_run(settings, top / "results"))
    return collect_general(settings, top / "results")


@pytest.fixture(scope="session")
def entities(tmp_path_factory: pytest.TempPathFactory) -> EntitiesEvidence:
    """Return a run of the study of named entities: three transfers, a matrix of pairs, levels of language."""
    settings = entities_settings()
    top = make_once(tmp_path_factory, "entities", lambda top: write_entities_run(settings, top / "results"))
    return collect_entities(settings, top / "results")
