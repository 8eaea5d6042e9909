"""Tracking to a real server, from several clones at the same moment."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from pathlib import Path
from threading import Barrier

import pytest

from engram.config import Settings
from engram.core.paths import Layout
from engram.core.records import read_record, write_record
from engram.publishing import tracking
from engram.publishing.tracking import CONTENT, KEY
from engram.studies.general.plan import EXPORTED
from tests.publishing.conftest import client_of, complete_run
from tests.publishing.general_run import add_general_run, both_settings, write_export
from tests.publishing.servers import postgres_programs, postgres_server, postgres_user, tracking_server
from tests.publishing.steps import track

pytestmark = pytest.mark.slow

PARENT = "mlflow.parentRunId"


@pytest.fixture(scope="module")
def sqlite(empty_store, tmp_path_factory):
    """A server that keeps its runs in SQLite."""
    folder = tmp_path_factory.mktemp("sqlite")
    shutil.copy(empty_store, folder / "runs.db")
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


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.long)])
def server(request):
    """Either server, as the environment's."""
    address = request.getfixturevalue(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", address)
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        yield address


def few(**changes) -> Settings:
    """Return settings of both studies with as few jobs as there can be of each kind."""
    config = both_settings(seeds=[1]).model_dump(mode="json")
    general = config["general"]
    general["targets"] = {"gender": general["targets"]["gender"]}
    general["encoders"] = {name: general["encoders"][name] for name in ("expression", "gender")}
    general["fusion"]["sizes"], general["students"] = [], ["unique"]
    return Settings.model_validate(config | {"results": "results/one"} | changes)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder with a finished run of both studies; nothing may be changed in it."""
    place, settings = tmp_path_factory.mktemp("run"), few()
    with chdir(place):
        layout = complete_run(settings, Path(settings.results))
        add_general_run(settings, layout)
        write_export(settings, layout)
    return place


@pytest.fixture
def place(run, tmp_path, monkeypatch) -> Path:
    """A copy of the run that a test may change, as the working folder."""
    shutil.copytree(run / "results", tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def tracked(server, run):
    """What a first tracking of the run to the server says."""
    with chdir(run):
        return track(few())


@pytest.fixture
def own(request) -> Settings:
    """Settings that log to an experiment of the test's own."""
    return few(publishing={"experiment": request.node.name})


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
    experiment = client.get_experiment_by_name(settings.publishing.experiment)
    found = client.search_runs([experiment.experiment_id], max_results=1000)
    counts = Counter(run.data.tags[KEY] for run in found)
    assert {key: count for key, count in counts.items() if count > 1} == {}
    assert {run.info.status for run in found} == {"FINISHED"}
    known = {run.info.run_id for run in found}
    parents = {run.data.tags[PARENT] for run in found if PARENT in run.data.tags}
    assert parents <= known
    return {run.data.tags[KEY]: run for run in found}


def track_at_once(*settings: Settings) -> list[dict]:
    """Track each configuration in a thread of its own, all from the same moment on."""
    gate = Barrier(len(settings))

    def track_one(chosen: Settings) -> dict:
        gate.wait()
        return track(chosen)

    with ThreadPoolExecutor(len(settings)) as threads:
        return list(threads.map(track_one, settings))


def test_a_server_has_all_that_records_say(server, tracked, place):
    """Curves, parameters, metrics and lineage arrive, and a second call changes nothing."""
    runs = runs_of(server, few())
    assert tracked["runs"] == len(runs)
    run = runs["results/one/models/seed1/wild.base"]
    history = client_of(server).get_metric_history(run.info.run_id, "loss")
    record = read_record(Layout.from_settings(few()).model_record("wild.base", 1))
    assert {point.step: point.value for point in history} == {
        int(epoch["epoch"]): epoch["loss"] for epoch in record.history
    }
    assert run.data.params["recipe.epochs"]
    child = runs["results/one/models/seed1/wild.base/lab.head"]
    assert child.data.tags[PARENT] == run.info.run_id
    assert track(few()) == tracked
    assert {key: one.info.run_id for key, one in runs_of(server, few()).items()} == {
        key: one.info.run_id for key, one in runs.items()
    }


def test_writers_of_the_same_moment_leave_one_run_of_each_record(server, place, own):
    """When all have ended; a later call changes nothing."""
    said = track_at_once(own, own, own)
    runs = runs_of(server, own)
    assert {one["runs"] for one in said} == {len(runs)}
    track(own)
    assert {one.info.run_id for one in runs_of(server, own).values()} == {
        one.info.run_id for one in runs.values()
    }


def test_a_writer_looks_again_after_it_changed_something(server, place, own, monkeypatch):
    """It may have read before another had ended: then it has hung a child below a run that is there twice."""
    track(own)
    first = runs_of(server, own)
    child = next(one for one in first.values() if PARENT in one.data.tags)
    parent = next(one for one in first.values() if one.info.run_id == child.data.tags[PARENT])
    client, readings = client_of(server), []
    tags = {key: value for key, value in parent.data.tags.items() if not key.startswith("mlflow.")}
    twin = client.create_run(parent.info.experiment_id, tags=tags)
    client.set_terminated(twin.info.run_id)
    known_runs = tracking._known_runs

    def read_too_early(*store):
        """See only the other one in the reading that this writer acts on."""
        known, key = known_runs(*store), parent.data.tags[KEY]
        if len(readings) == 1:
            known[key] = [run for run in known[key] if run.info.run_id == twin.info.run_id]
        readings.append(store)
        return known

    monkeypatch.setattr(tracking, "_known_runs", read_too_early)
    track(own)
    runs = runs_of(server, own)
    assert runs[parent.data.tags[KEY]].info.run_id == min(parent.info.run_id, twin.info.run_id)


def test_clones_track_different_records_at_once(server, place, own):
    """Two configurations and one changed record: each is there, in its last state, once."""
    other = own.model_copy(update={"results": "results/two"})
    shutil.copytree("results/one", "results/two")
    said = track_at_once(own, other)
    runs = runs_of(server, own)
    assert len(runs) == sum(one["runs"] for one in said)
    assert Counter("/".join(key.split("/")[:2]) for key in runs) == {
        "results/one": said[0]["runs"],
        "results/two": said[1]["runs"],
    }
    path = Layout.from_settings(own).model_record("wild.base", 1)
    write_record(path, read_record(path).model_copy(update={"code": "edited"}))
    track_at_once(own, other)
    again = runs_of(server, own)
    moved = {key for key in runs if again[key].info.run_id != runs[key].info.run_id}
    assert moved == {"results/one/models/seed1/wild.base"}
    assert again.keys() == runs.keys()


def test_the_student_is_registered(server, tracked, run, tmp_path):
    """The registry's alias names a version whose files are the exported ones, and none is a pickle."""
    name, _, alias = tracked["student"].removeprefix("models:/").partition("@")
    client = client_of(server)
    version = client.get_model_version_by_alias(name, alias)
    exported = runs_of(server, few())["results/one/export"]
    assert version.run_id == exported.info.run_id
    folder = Path(client.download_artifacts(version.run_id, "model", str(tmp_path)))
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == {
        name: (run / "results/one/export" / name).read_bytes()
        for name in EXPORTED
        if not name.endswith(".pt")
    }
    assert version.source.endswith(f"{version.run_id}/artifacts/model")


def test_a_student_is_registered_once(server, place, own):
    """The same content gets no second version; another content gets one, and the alias."""
    name = track(own)["student"].removeprefix("models:/").partition("@")[0]
    client = client_of(server)
    track(own)
    versions = client.search_model_versions(f"name = '{name}'")
    assert len(versions) == 1
    write_export(own, Layout.from_settings(own), "another student")
    track(own)
    versions = {one.version: one for one in client.search_model_versions(f"name = '{name}'")}
    assert len(versions) == 2
    aliased = client.get_model_version_by_alias(name, "one")
    assert int(aliased.version) == max(map(int, versions))
    assert len({one.tags[CONTENT] for one in versions.values()}) == 2
