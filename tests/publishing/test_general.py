"""The general study's runs are tracked, published and rebuilt beside those of the memory study."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

from engram.config import Settings
from engram.studies.general.plan import export_files, general_records, probe_methods
from engram.studies.general.tables import TABLES
from engram.studies.general.task_plan import general_tasks
from tests.publishing.repositories import RESULTS
from tests.publishing.steps import copy_results, describe, names_published


def test_every_record_is_a_run(both, layout, runs):
    """One run a record of either study; those of the memory study are what they are without the other."""
    alone = describe(both.model_copy(update={"general": None}))
    assert {one.name: one.content for one in alone}.items() <= {
        one.name: one.content for one in runs.values()
    }.items()
    mine = ("general/", "export")
    kinds = Counter(one.tags["kind"] for name, one in runs.items() if name.startswith(mine))
    assert kinds.pop("export") == 2
    assert sum(kinds.values()) == len(general_records(both, layout))
    assert kinds["student"] == 9
    assert kinds["selection"] == 3


def test_what_is_exported_hangs_below_its_model(runs):
    """The record says which model was exported."""
    assert runs["export"].parent == f"{RESULTS}/general/students/unique/seed1"
    assert runs["general/transfer/age/frozen"].parent is None


def test_two_crops_of_a_data_set_are_two_runs(runs):
    """The studies store the same data set's faces each in its own way."""
    assert runs["data/wild/faces"].tags["record"] != runs["data/wild/faces_general"].tags["record"]


def test_metrics_are_those_of_the_predictions(both, layout, runs):
    """Accuracy is recounted, seed by seed, with undetected faces as wrong; MAE is recounted too."""
    frame = pd.read_parquet(layout.transfer("gender", "cnn") / "predictions.parquet")
    right = 100.0 * (frame["truth"] == frame["prediction"]).groupby(frame["seed"]).mean()
    found = runs["general/transfer/gender/cnn"].metrics
    assert found["test_accuracy/cnn/seed2"] == pytest.approx(right[2])
    assert found["test_accuracy/cnn"] == pytest.approx(right.mean())
    frame = pd.read_parquet(layout.selection("age") / "predictions.parquet")
    frame = frame[frame["method"] == "bct"]
    error = (frame["truth"] - frame["prediction"]).abs().mean()
    assert runs["general/selection/age"].metrics["test_MAE/bct"] == pytest.approx(error)
    item = general_tasks(both.general)[0]
    named = {
        name.split("/")[1]
        for name in runs["general/transfer/gender/frozen"].metrics
        if name.startswith("test")
    }
    assert named == {method.name for method in probe_methods(both.general, item)}


def test_curves_are_those_of_the_record(runs):
    """A student has its loss by epoch."""
    student = runs["general/students/unic/seed1"]
    assert student.tags["seed"] == "1"
    assert student.curves[1]["loss"] == 0.25


def test_what_is_published(both, layout, tmp_path):
    """All evidence, all models and the export; no pixels but those that figures show."""
    names = names_published(both)
    contents = copy_results(both, tmp_path)
    assert names < set(contents)
    relative = {path.relative_to(layout.root).as_posix() for path in general_records(both, layout)}
    relative |= {path.relative_to(layout.root).as_posix() for path in export_files(layout)}
    relative |= {f"tables/{name}.csv" for name in TABLES}
    relative |= {
        "general/encoders/identity/model.safetensors",
        "general/fusion/ae/seed2/model.safetensors",
        "general/students/unique/seed1/model.safetensors",
        "general/selection/gender/choice.json",
        "general/fusion/ae/seed2/reconstruction.parquet",
        "general/views/map.parquet",
        "data/city/faces_general/index.parquet",
        "figures/sheets/city.png",
    }
    assert relative <= names
    assert not [name for name in contents if name.endswith(".npy") or name.endswith("gallery.png")]
    shown = {name.split("/")[1] for name in contents if name.endswith("faces_general/shown.parquet")}
    assert shown == {"city", "press"}
    held = pd.read_parquet(tmp_path / "data/city/faces_general/shown.parquet")
    assert 0 < len(held) < 60


def test_an_imported_encoder_is_not_published(both):
    """Weights that others trained stay where they came from."""
    config = both.model_dump(mode="json")
    imported = {"format": "onnx", "file": "faces.onnx", "sha256": "0" * 64}
    config["general"]["encoders"]["identity"] = {"embedding": 8, "imported": imported}
    names = names_published(Settings.model_validate(config))
    assert "general/encoders/identity/model.safetensors" not in names
    assert "general/encoders/gender/model.safetensors" in names


def test_of_studies_that_are_left_out_nothing_is_published(both):
    """A configuration of the memory study alone publishes what it always has."""
    names = names_published(both.model_copy(update={"general": None, "entities": None}))
    others = ("general", "entities", "genes")
    assert not [name for name in names if name.startswith("export") or any(word in name for word in others)]
