"""Tracking to a real server, from several clones at the same moment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from engram.config import Settings
from engram.core.paths import Layout
from engram.core.records import read_record, write_record
from engram.publishing.registry import alias_of
from engram.publishing.tracking import CONTENT, KEY, track
from engram.studies.general.plan import EXPORTED
from tests.publishing.conftest import client_of, complete_run
from tests.publishing.general_run import add_general_run, both_settings, write_export
from tests.publishing.servers import postgres_programs, postgres_server, postgres_user, tracking_server

pytestmark = pytest.mark.slow

#: Reads its arguments, says that it is ready, and tracks when the gate opens.
TRACK = """
import json, sys, time
from pathlib import Path
import mlflow
from engram.core.paths import Layout
from engram.config import load_settings
from engram.publishing.registry import alias_of
from engram.publishing.tracking import track
settings, root, gate = load_settings(json.loads(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3])
gate.with_name(f"ready-{sys.argv[4]}").touch()
while not gate.exists():
    time.sleep(0.005)
print(json.dumps(track(settings, Layout(root))))
"""


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory):
    """A server that keeps its runs in SQLite."""
    folder = tmp_path_factory.mktemp("sqlite")
    with tracking_server(folder, f"sqlite:///{folder}/runs.db") as address:
        yield address


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """A server that keeps its runs in PostgreSQL."""
    missing = {"initdb", "postgres", "createdb"} - set(postgres_programs())
    if missing:
        pytest.skip(f"PostgreSQL is not installed: {', '.join(sorted(missing))} not found")
    if postgres_user() and not _user_exists(postgres_user()):
        pytest.skip("PostgreSQL does not run as root, and there is no user 'postgres'")
    with (
        postgres_server() as store,
        tracking_server(tmp_path_factory.mktemp("postgres"), store) as address,
    ):
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def server(request, monkeypatch):
    """Either server, as the environment's."""
    address = request.getfixturevalue(request.param)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    return address


@pytest.fixture
def both(request) -> Settings:
    """Settings of both studies that log to an experiment of the test's own."""
    share = {"experiment": request.node.name}
    return both_settings(results="results/one", share=share)


@pytest.fixture
def finished(both, tmp_path) -> Layout:
    """A finished run of both studies."""
    layout = complete_run(both, tmp_path / "one")
    add_general_run(both, layout)
    write_export(both, layout)
    return layout


def _user_exists(name: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def runs_of(address: str, settings: Settings) -> dict:
    """Return an experiment's runs by key; fails where one stands there twice, is unfinished or an orphan."""
    client = client_of(address)
    experiment = client.get_experiment_by_name(settings.share.experiment)
    found = client.search_runs([experiment.experiment_id], max_results=1000)
    counts = Counter(run.data.tags[KEY] for run in found)
    assert {key: count for key, count in counts.items() if count > 1} == {}
    assert {run.info.status for run in found} == {"FINISHED"}
    known = {run.info.run_id for run in found}
    parents = {run.data.tags["mlflow.parentRunId"] for run in found if "mlflow.parentRunId" in run.data.tags}
    assert parents <= known
    return {run.data.tags[KEY]: run for run in found}


def track_at_once(jobs: list[tuple[Settings, Path]], folder: Path) -> list[dict]:
    """Track each configuration in a process of its own, all from the same moment on."""
    folder.mkdir()
    gate = folder / "gate"
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-c", TRACK, json.dumps(settings.model_dump(mode="json"))),
                *(str(root), str(gate), str(number)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, (settings, root) in enumerate(jobs)
    ]
    while len(list(folder.glob("ready-*"))) < len(jobs):
        assert all(process.poll() is None for process in processes)
    gate.touch()
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(jobs)
    return [json.loads(text) for text in said]


def test_a_server_has_all_that_records_say(server, both, finished):
    """Curves, parameters, metrics and lineage arrive, and a second call changes nothing."""
    summary = track(both, finished)
    runs = runs_of(server, both)
    assert summary["runs"] == len(runs)
    path = finished.model_record("wild.base", 1)
    run = runs["results/one:training/wild.base/seed1"]
    history = client_of(server).get_metric_history(run.info.run_id, "loss")
    assert {point.step: point.value for point in history} == {
        int(epoch["epoch"]): epoch["loss"] for epoch in read_record(path).history
    }
    assert run.data.params["recipe.epochs"]
    child = runs["results/one:training/wild.base/lab.head/seed1"]
    assert child.data.tags["mlflow.parentRunId"] == run.info.run_id
    track(both, finished)
    assert {key: one.info.run_id for key, one in runs_of(server, both).items()} == {
        key: one.info.run_id for key, one in runs.items()
    }


def test_clones_track_the_same_records_at_once(server, both, finished, tmp_path):
    """Three processes, one run of each record, and no lock is left."""
    copies = [shutil.copytree(finished.root, tmp_path / name) for name in ("two", "three")]
    jobs = [(both, root) for root in (finished.root, *copies)]
    said = track_at_once(jobs, tmp_path / "gate")
    assert {one["runs"] for one in said} == {len(runs_of(server, both))}
    registered = {model.name for model in client_of(server).search_registered_models()}
    assert not [name for name in registered if name.startswith("engram-lock")]


def test_clones_track_different_records_at_once(server, both, finished, tmp_path):
    """Two configurations and one changed record: each is there, in its last state, once."""
    other = both.model_copy(update={"results": "results/two"})
    shutil.copytree(finished.root, tmp_path / "two")
    changed = Layout(shutil.copytree(finished.root, tmp_path / "changed"))
    path = changed.model_record("wild.base", 1)
    write_record(path, read_record(path).model_copy(update={"code": "edited"}))
    jobs = [(both, finished.root), (other, tmp_path / "two")]
    said = track_at_once(jobs, tmp_path / "gate")
    runs = runs_of(server, both)
    assert len(runs) == sum(one["runs"] for one in said)
    assert Counter(key.partition(":")[0] for key in runs) == {
        "results/one": said[0]["runs"],
        "results/two": said[1]["runs"],
    }
    track_at_once([(both, changed.root), (other, tmp_path / "two")], tmp_path / "again")
    again = runs_of(server, both)
    moved = {key for key in runs if again[key].info.run_id != runs[key].info.run_id}
    assert moved == {"results/one:training/wild.base/seed1"}
    assert again.keys() == runs.keys()


def test_the_student_is_registered(server, both, finished, tmp_path):
    """The registry's alias names a version whose files are the exported ones, and none is a pickle."""
    address = track(both, finished)["student"]
    name, _, alias = address.removeprefix("models:/").partition("@")
    client = client_of(server)
    version = client.get_model_version_by_alias(name, alias)
    run = runs_of(server, both)["results/one:export/unique/seed1"]
    assert version.run_id == run.info.run_id
    folder = Path(client.download_artifacts(run.info.run_id, "student", str(tmp_path)))
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == {
        name: (finished.export / name).read_bytes() for name in EXPORTED if not name.endswith(".pt")
    }
    assert version.source.endswith(f"{run.info.run_id}/artifacts/student")


def test_an_alias_is_one_that_mlflow_takes():
    """Names that MLflow keeps for itself, and characters that it refuses, are replaced."""
    assert [alias_of(name) for name in ("results", "results/faces", "runs/latest", "v1", "a b.c")] == [
        *("results", "faces", "results-latest", "results-v1", "a-b-c")
    ]


def test_a_student_is_registered_once(server, both, finished):
    """The same content gets no second version; another content gets one, and the alias."""
    name = track(both, finished)["student"].removeprefix("models:/").partition("@")[0]
    client = client_of(server)
    track(both, finished)
    versions = client.search_model_versions(f"name = '{name}'")
    assert len(versions) == 1
    write_export(both, finished, "another student")
    track(both, finished)
    versions = {one.version: one for one in client.search_model_versions(f"name = '{name}'")}
    assert len(versions) == 2
    aliased = client.get_model_version_by_alias(name, "one")
    assert int(aliased.version) == max(map(int, versions))
    assert len({one.tags[CONTENT] for one in versions.values()}) == 2
