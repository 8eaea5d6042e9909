"""The exported student goes to the registry with signs of life between its files."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from engram.core.errors import SharingError
from engram.core.paths import Layout
from engram.publishing.registry import register_student
from engram.studies.general.plan import EXPORTED
from tests.publishing.general_run import both_settings, write_export

FILES = [name for name in EXPORTED if not name.endswith(".pt")]


def client_that_notes(done: list[str]) -> SimpleNamespace:
    """Return a client of MLflow that writes down what is done, in order."""

    def note(what: str, answer: object = None):
        return lambda *arguments, **more: done.append(what) or answer

    return SimpleNamespace(
        get_registered_model=lambda name: SimpleNamespace(aliases={}),
        search_model_versions=lambda words: [],
        get_run=lambda run: SimpleNamespace(info=SimpleNamespace(artifact_uri="artifacts")),
        log_artifact=note("file"),
        create_model_version=note("version", SimpleNamespace(version="1")),
        set_registered_model_alias=note("alias"),
    )


@pytest.fixture
def both():
    return both_settings(results="results/one")


@pytest.fixture
def layout(both, tmp_path):
    """Results that hold the export, and nothing else."""
    layout = Layout(tmp_path / "one")
    write_export(both, layout)
    return layout


def test_there_is_a_sign_of_life_before_each_file_and_the_version(both, layout):
    """Each upload may take long: others must not take this process for dead in the meantime."""
    done = []
    register_student(client_that_notes(done), both, layout, "run", lambda: done.append("beat"))
    assert done == [*["beat", "file"] * len(FILES), "beat", "version", "alias"]


def test_who_was_passed_over_registers_no_version(both, layout):
    """A sign of life that fails after the uploads ends it before there are two versions."""
    done = []

    def beat() -> None:
        if done.count("file") == len(FILES):
            raise SharingError("another process took over")

    with pytest.raises(SharingError, match="took over"):
        register_student(client_that_notes(done), both, layout, "run", beat)
    assert "version" not in done


def test_a_file_that_is_missing_is_named(both, layout):
    """The server is not to blame, and nothing is stored."""
    (layout.export / FILES[0]).unlink()
    done = []
    with pytest.raises(SharingError, match=rf"{FILES[0]} is not there.*Run snakemake first"):
        register_student(client_that_notes(done), both, layout, "run", lambda: None)
    assert done == []


def test_a_place_that_takes_no_file_is_named(both, layout):
    """Without a server that takes files, MLflow writes them itself, and may not be allowed to."""

    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "/mlartifacts")

    client = client_that_notes([])
    client.log_artifact = refuse
    with pytest.raises(SharingError, match=r"in artifacts \(.*Permission denied.*--artifacts-destination"):
        register_student(client, both, layout, "run", lambda: None)
