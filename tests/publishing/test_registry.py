"""The exported student goes to the registry: its files, a version, an alias."""

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import Mock, call

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS

from engram.core.paths import Layout
from engram.publishing import registry
from engram.studies.general.plan import EXPORTED, export_files
from tests.publishing.general_run import both_settings, write_export

FILES = [name for name in EXPORTED if not name.endswith(".pt")]


def client_that_notes(done: list[str]) -> SimpleNamespace:
    """Return a client of MLflow that writes down what is done, in order."""

    def note(what: str, answer: object = None):
        return lambda *arguments, **more: done.append(what) or answer

    return SimpleNamespace(
        create_registered_model=lambda name, **more: None,
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


def register(client, layout, name="engram-student"):
    return registry.register(client, name, "results", export_files(layout), "run")


def test_files_come_before_the_version_and_the_alias(layout):
    """Each file but TorchScript's once; nobody finds a version whose files are not all there."""
    done = []
    register(client_that_notes(done), layout)
    assert done == [*["file"] * len(FILES), "version", "alias"]


def test_names_are_such_that_mlflow_takes_them(layout):
    """An experiment may have a slash, a results folder a dot."""
    found = registry.register(client_that_notes([]), "ours/x-student", "a.b", export_files(layout), "run")
    assert found == "models:/ours-x-student@a-b"


def test_a_model_that_another_writer_has_just_made_is_used(layout):
    """Its name is there already; the version is added to it."""
    done = []
    client = client_that_notes(done)

    def refuse(*arguments, **more):
        raise MlflowException("there", error_code=RESOURCE_ALREADY_EXISTS)

    client.create_registered_model = refuse
    register(client, layout)
    assert done[-2:] == ["version", "alias"]


def client_that_refuses_an_alias_once(aliases: dict[str, str]) -> SimpleNamespace:
    """Return a client of a store in which a model has these aliases by the time it refuses one."""
    client = client_that_notes([])
    client.set_registered_model_alias = Mock(side_effect=[MlflowException("UNIQUE constraint failed"), None])
    client.get_registered_model = lambda name: SimpleNamespace(aliases=aliases)
    return client


def test_an_alias_that_another_writer_has_just_made_is_moved(layout):
    """The store refuses to make it twice."""
    client = client_that_refuses_an_alias_once({"results": "1"})
    register(client, layout)
    assert client.set_registered_model_alias.mock_calls == [call("engram-student", "results", "1")] * 2


def test_a_refused_alias_that_is_not_there_is_an_error(layout):
    """The store's refusal stands."""
    with pytest.raises(MlflowException, match="UNIQUE"):
        register(client_that_refuses_an_alias_once({}), layout)
