"""A finished run, simulated: three models and two seeds, with all that publishing reads."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import chdir
from pathlib import Path

import pandas as pd
import pytest

from engram.config import Settings
from engram.core.files import write_text
from engram.core.paths import Layout
from engram.core.records import Record, read_record, write_record
from engram.publishing import dvc as publishing_dvc
from engram.publishing.runs import Run
from engram.studies.lineage.trials import datasets_in_use, lineages
from engram.studies.memory.claims import write_memory_claims
from engram.studies.memory.collect import collect
from engram.studies.memory.figure_step import write_figure
from engram.studies.memory.jobs.evidence import figure_names
from engram.studies.memory.tables import TABLES, load_table
from tests.conftest import ROOT, make_once
from tests.publishing.general_run import (
    add_general_run,
    both_settings,
    finish_general,
    small_settings,
)
from tests.publishing.repositories import RESULTS, dvc, git, run_dvc
from tests.publishing.steps import describe, publish_run, write_all_cards, write_pages
from tests.publishing.text_run import add_text_run, text_part
from tests.simulated_run import write_run

_ENVIRONMENT = {"precision": "bf16", "device": "cpu", "torch": "2", "python": "3.11", "threads": "1"}


def complete_run(settings: Settings, root: Path) -> Layout:
    """Write a simulated run below ``root`` and give its records what real ones hold."""
    layout = Layout(root)
    write_run(settings, root)
    for lineage in lineages(settings.memory):
        for seed in settings.seeds:
            _complete_training(settings, layout, lineage, seed)
    for name in datasets_in_use(settings):
        _complete_data(settings, layout, name)
    return layout


def _complete_training(settings, layout, lineage, seed) -> None:
    path = layout.model_record(lineage, seed)
    layout.model(lineage, seed).write_bytes(f"weights of {lineage}, seed {seed}".encode())
    record = read_record(path)
    best = max(record.history, key=lambda epoch: epoch["validation_accuracy"])
    update = {
        "settings": {
            "recipe": settings.memory.recipe[lineage.stage.recipe].model_dump(mode="json"),
            "network": settings.memory.network.model_dump(mode="json"),
        },
        "environment": _ENVIRONMENT,
        "data": {name: f"faces of {name}" for name in lineage.stage.datasets},
        "timings": {"prepare": 0.5, "train": 2.0},
        "metrics": {
            "best_epoch": best["epoch"],
            "best_validation_accuracy": best["validation_accuracy"],
            "training_faces": 240.0,
            "validation_faces": 40.0,
        },
    }
    write_record(path, record.model_copy(update=update))


def _complete_data(settings, layout, name) -> None:
    path = layout.faces_record(name)
    write_record(path, read_record(path).model_copy(update={"data": {name: f"faces of {name}"}}))
    folder = layout.faces(name)
    if not (folder / "index.parquet").exists():
        pd.DataFrame({"row": range(400)}).to_parquet(folder / "index.parquet")
    (folder / "store.json").write_text(json.dumps({"hash": "0", "shape": [400, 48, 48, 1]}))
    evaluation = Record(
        kind="evaluation",
        name=name,
        settings={"task": settings.datasets[name].task, "models": ["a", "b"], "seeds": settings.seeds},
        code="0",
        environment=_ENVIRONMENT,
        metrics={"faces": 120.0},
    )
    write_record(layout.evaluation_record(name), evaluation)


def finish(settings, root: Path) -> None:
    """Write a simulated run with its tables, claims, figures and cards below ``root``."""
    layout = complete_run(settings, root)
    evidence = collect(settings, root)
    for name in TABLES:
        load_table(name).write(evidence, layout.tables / name)
    write_memory_claims(evidence, layout.tables)
    for name in figure_names(settings):
        write_figure(name, evidence, layout.figures / name)
    for name in settings.datasets:
        write_text(layout.figures / "sheets" / f"{name}.png", f"faces of {name}")
    write_all_cards(settings)


@pytest.fixture
def settings() -> Settings:
    return small_settings()


@pytest.fixture
def run(settings: Settings, tmp_path: Path, monkeypatch) -> Layout:
    """A run in the folder ``results``, to be changed by one test."""
    monkeypatch.chdir(tmp_path)
    return complete_run(settings, Path(settings.results))


@pytest.fixture
def carded(settings: Settings, run: Layout) -> Layout:
    """The run with the one table that cards read."""
    load_table("memory_matrix").write(collect(settings, run.root), run.tables / "memory_matrix")
    return run


def client_of(uri):
    from mlflow import MlflowClient

    return MlflowClient(uri)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """An MLflow database without runs: making one takes seconds, copying it none."""
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    client_of(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def store(empty_store, tmp_path, monkeypatch):
    """A fresh store, and no MLflow variable in the environment."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture(scope="session")
def both():
    """Settings of all studies, whose finished run is published."""
    return both_settings(results=RESULTS, **text_part())


@pytest.fixture(scope="session")
def finished(both, tmp_path_factory):
    """A folder with a finished run of all studies in it, made once; nothing may be changed there."""

    def make(place: Path) -> None:
        with chdir(place):
            finish(both, Path(RESULTS))
            add_general_run(both, Layout.from_settings(both))
            finish_general(both, Layout.from_settings(both))
            add_text_run(both, Layout.from_settings(both))
            write_pages(both)

    return make_once(tmp_path_factory, "finished-run", make)


@pytest.fixture
def in_finished(finished, monkeypatch):
    """The folder with the finished run as the working folder; nothing may be changed in it."""
    monkeypatch.chdir(finished)
    return finished


@pytest.fixture
def layout(both, in_finished) -> Layout:
    """Where the files of the finished run of all studies lie."""
    return Layout.from_settings(both)


@pytest.fixture(scope="module")
def runs(both, finished) -> dict[str, Run]:
    """The runs of all studies as tracking shows them, by name without the results folder."""
    with chdir(finished):
        return {one.name.removeprefix(f"{both.results}/"): one for one in describe(both)}


def _make_repository(place: Path, finished: Path) -> None:
    (place / ".dvc").mkdir(parents=True)
    for name in (".gitignore", ".dvcignore", ".dvc/config", ".dvc/.gitignore"):
        shutil.copy(ROOT / name, place / name)
    shutil.copytree(finished / RESULTS, place / RESULTS)
    with chdir(place):
        git("init", "--quiet")


@pytest.fixture
def real_dvc():
    """Restores what starts DVC as a process of its own."""
    return publishing_dvc._run


@pytest.fixture
def dvc_here(real_dvc, monkeypatch):
    """DVC runs in the process of the tests."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setattr(publishing_dvc, "_run", run_dvc)


@pytest.fixture
def repository(finished, dvc_here, tmp_path, monkeypatch):
    """A Git repository with the project's own DVC files, and a finished run in it."""
    place = tmp_path / "repository"
    _make_repository(place, finished)
    monkeypatch.chdir(place)
    return place


@pytest.fixture(scope="session")
def published(both, finished, tmp_path_factory):
    """What `shared` is a copy of."""

    def make(top: Path) -> None:
        place = top / "repository"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
            patch.setattr(publishing_dvc, "_run", run_dvc)
            _make_repository(place, finished)
            with chdir(place):
                dvc("remote", "add", "--default", "storage", str(top / "remote"))
                publish_run(both)
                git("add", "--all")
                git("commit", "--quiet", "--message", "publish")
                git("clone", "--quiet", "--bare", str(place), str(top / "origin.git"))

    return make_once(tmp_path_factory, "published-run", make)


@pytest.fixture
def shared(published, dvc_here, tmp_path):
    """A Git repository that clones push to, a DVC remote, and what was published first."""
    for name in ("remote", "origin.git"):
        shutil.copytree(published / name, tmp_path / name)
    return tmp_path
