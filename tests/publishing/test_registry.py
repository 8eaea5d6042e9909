"""The exported student goes to the registry: its files, a version, an alias."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS

from engram.core.errors import PublishingError
from engram.core.paths import Layout
from engram.publishing import registry
from engram.publishing.jobs import TrackParams
from engram.studies.general.plan import EXPORTED, export_files
from tests.publishing.general_run import both_settings, write_export

FILES = [name for name in EXPORTED if not name.endswith(".pt")]


def client_that_notes(done: list[str]) -> SimpleNamespace:
    """Return a client of MLflow that writes down what is done, in order."""

    def note(what: str, answer: object = None):
        return lambda *arguments, **more: done.append(what) or answer

    return SimpleNamespace(
        get_registered_model=lambda name: SimpleNamespace(aliases={}),
        create_registered_model=lambda name, **more: SimpleNamespace(aliases={}),
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


def register(client, both, layout):
    files, params = export_files(layout), TrackParams.from_settings(both)
    return registry.register(client, "student", files, params, "run")


def test_files_come_before_the_version_and_the_alias(both, layout):
    """Each file but TorchScript's once; nobody finds a version whose files are not all there."""
    done = []
    register(client_that_notes(done), both, layout)
    assert done == [*["file"] * len(FILES), "version", "alias"]


def test_the_tagger_is_a_model_of_its_own(both, layout):
    """It has another name and another folder of files than the student, and the same alias."""
    folders = []
    client = client_that_notes([])
    client.log_artifact = lambda run, path, folder: folders.append(folder)
    files, params = export_files(layout), TrackParams.from_settings(both)
    assert registry.register(client, "tagger", files, params, "run") == "models:/engram-tagger@one"
    assert {*folders} == {"tagger"}


def test_a_model_that_another_writer_has_just_made_is_used(both, layout):
    """Its name is there already; the version is added to it."""
    done = []
    client = client_that_notes(done)

    def refuse(*arguments, **more):
        raise MlflowException("there", error_code=RESOURCE_ALREADY_EXISTS)

    client.create_registered_model = refuse
    register(client, both, layout)
    assert done[-2:] == ["version", "alias"]


def test_a_file_that_is_missing_is_named(both, layout):
    """The server is not to blame, and nothing is stored."""
    (layout.export / FILES[0]).unlink()
    done = []
    with pytest.raises(PublishingError, match=rf"{FILES[0]} is not there.*Run snakemake first"):
        register(client_that_notes(done), both, layout)
    assert done == []


def test_a_place_that_takes_no_file_is_named(both, layout):
    """Without a server that takes files, MLflow writes them itself, and may not be allowed to."""

    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "/mlartifacts")

    client = client_that_notes([])
    client.log_artifact = refuse
    with pytest.raises(PublishingError, match=r"in artifacts \(.*Permission denied.*--artifacts-destination"):
        register(client, both, layout)
