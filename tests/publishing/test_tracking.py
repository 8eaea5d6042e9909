"""MLflow holds what the records say, once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException

from engram.config import PublishingSettings
from engram.core.errors import PublishingError
from engram.core.lineage import Lineage
from engram.core.records import read_record, write_record
from engram.publishing import tracking
from engram.publishing.tracking import CONTENT, KEY
from tests.publishing.conftest import client_of, complete_run
from tests.publishing.steps import track

BASE, HEAD = Lineage.parse("wild.base"), Lineage.parse("wild.base/lab.head")


@pytest.fixture
def tracked(settings, store):
    return settings.model_copy(update={"publishing": PublishingSettings(mlflow_uri=store)})


def runs_in(uri):
    """Return the store's runs by key; fails if a key stands there twice."""
    client = client_of(uri)
    found = client.search_runs([client.get_experiment_by_name("engram").experiment_id], max_results=1000)
    assert len({run.data.tags[KEY] for run in found}) == len(found)
    return {run.data.tags[KEY].removeprefix("results/"): run for run in found}


def test_records_become_nested_runs(tracked, store, run, capsys):
    """Every record is a finished run; a child hangs below its parent; nothing is printed."""
    summary = track(tracked)
    found = runs_in(store)
    assert summary == {"experiment": "engram", "runs": 10}
    assert len(found) == 10
    assert {one.info.status for one in found.values()} == {"FINISHED"}
    parent = found["models/seed2/wild.base"]
    child = found["models/seed2/wild.base/lab.head"]
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert "mlflow.parentRunId" not in parent.data.tags
    assert capsys.readouterr().out == ""


def test_curves_are_complete(tracked, store, run):
    """The store has every epoch of every curve at its step."""
    track(tracked)
    identifier = runs_in(store)["models/seed1/wild.base"].info.run_id
    history = read_record(run.model_record(BASE, 1)).history
    for name in ("loss", "validation_loss", "validation_accuracy", "learning_rate"):
        stored = client_of(store).get_metric_history(identifier, name)
        assert {point.step: point.value for point in stored} == {
            int(epoch["epoch"]): epoch[name] for epoch in history
        }


def test_long_curves_go_in_several_calls(tracked, store, run):
    """A history beyond what one call of MLflow takes arrives whole."""
    path = run.model_record(BASE, 1)
    history = [{"epoch": float(epoch), "loss": 1 / epoch} for epoch in range(1, 1501)]
    write_record(path, read_record(path).model_copy(update={"history": history}))
    track(tracked)
    identifier = runs_in(store)["models/seed1/wild.base"].info.run_id
    assert len(client_of(store).get_metric_history(identifier, "loss")) == 1500


def test_many_parameters_go_in_several_calls(tracked, store, run):
    """Settings beyond what one call of MLflow takes arrive whole."""
    path = run.model_record(BASE, 1)
    values = {f"value{number}": number for number in range(250)}
    write_record(path, read_record(path).model_copy(update={"settings": values}))
    track(tracked)
    params = runs_in(store)["models/seed1/wild.base"].data.params
    assert {name: int(params[name]) for name in values} == values


def test_tracking_twice_adds_nothing(tracked, store, run):
    """The second call leaves every run as it is."""
    track(tracked)
    before = {key: one.info.run_id for key, one in runs_in(store).items()}
    track(tracked)
    assert {key: one.info.run_id for key, one in runs_in(store).items()} == before


def test_a_changed_record_replaces_its_run(tracked, store, run):
    """Only that run is new, and its children hang below the new one."""
    track(tracked)
    before = runs_in(store)
    path = run.model_record(BASE, 1)
    write_record(path, read_record(path).model_copy(update={"code": "edited"}))
    track(tracked)
    after = runs_in(store)
    changed = {key for key in after if after[key].info.run_id != before[key].info.run_id}
    assert changed == {"models/seed1/wild.base"}
    assert after["models/seed1/wild.base"].data.tags["code"] == "edited"
    child = after["models/seed1/wild.base/lab.head"].data.tags
    assert child["mlflow.parentRunId"] == after["models/seed1/wild.base"].info.run_id


def test_an_interrupted_run_is_logged_anew(tracked, store, run):
    """A run that was begun and never finished is replaced by a whole one."""
    track(tracked)
    done = runs_in(store)["models/seed1/wild.base"]
    client_of(store).update_run(done.info.run_id, status="RUNNING")
    track(tracked)
    again = runs_in(store)["models/seed1/wild.base"]
    assert again.info.run_id != done.info.run_id
    assert again.data.tags[CONTENT] == done.data.tags[CONTENT]


@pytest.mark.long
def test_a_store_killed_in_the_making_is_made_anew(tmp_path):
    """MLflow makes its tables in many steps; killed between two it leaves no store."""
    make = "import sys; from engram.publishing.tracking import _connect; _connect(sys.argv[1])"
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", make, uri])
    while not any(path.stat().st_size for path in tmp_path.glob(".mlflow-*.db")):
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not (tmp_path / "mlflow.db").exists()
    assert list(tmp_path.iterdir())
    subprocess.run([sys.executable, "-W", "ignore", "-c", make, uri], check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]
    assert client_of(uri).search_runs(["0"]) == []


def test_configurations_share_a_store(tracked, store, run):
    """Another results folder's runs stand beside the first's."""
    track(tracked)
    other = tracked.model_copy(update={"results": "results/other"})
    complete_run(other, Path("results/other"))
    track(other)
    client = client_of(store)
    found = client.search_runs([client.get_experiment_by_name("engram").experiment_id])
    assert [one.data.tags["results"] for one in found].count("results/other") == 10
    assert len(found) == 20


def test_a_run_of_the_environment_is_ignored(tracked, store, run, monkeypatch):
    """MLFLOW_RUN_ID, which overrides parents in MLflow's own calls, changes nothing."""
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)
    track(tracked)
    assert len(runs_in(store)) == 10


def test_an_unreachable_server_is_an_error_at_once(tracked, run, monkeypatch):
    """The environment goes before the setting; the error says where the address was set and what to do."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:9")
    message = r"(?s)127\.0\.0\.1.*MLFLOW_TRACKING_URI.*start that server"
    with pytest.raises(PublishingError, match=message) as raised:
        track(tracked)
    assert "secret" not in str(raised.value)


def test_a_refusal_is_told_without_the_password(tracked, run, monkeypatch):
    """Whatever MLflow says of the address."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@server/mlflow")

    def refuse(uri):
        raise MlflowException(f"413 for url: {uri}/other")

    monkeypatch.setattr(tracking, "_connect", refuse)
    with pytest.raises(PublishingError, match=r"413 for url: http://server/mlflow/other") as raised:
        track(tracked)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("address", ["./mlruns", "nothing://here"])
def test_a_useless_store_is_an_error_at_once(settings, store, run, tmp_path, monkeypatch, address):
    """A plain folder and an unknown scheme name the setting."""
    monkeypatch.chdir(tmp_path)
    publishing = PublishingSettings(mlflow_uri=address)
    with pytest.raises(PublishingError, match=r"publishing\.mlflow_uri"):
        track(settings.model_copy(update={"publishing": publishing}))


def test_the_store_is_plain_sqlite(tracked, store, run):
    """The default store is one file that SQLite itself reads."""
    track(tracked)
    with sqlite3.connect(store.removeprefix("sqlite:///")) as database:
        assert database.execute("select count(*) from runs").fetchone() == (10,)
    database.close()
