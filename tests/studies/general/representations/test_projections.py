"""Nearest faces and the map: known neighbours, the same bytes each time, and only faces that may be shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.config import load_settings
from engram.core.errors import EmbeddingError
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import read_record
from engram.data.images.align import Face
from engram.data.images.store import write_faces
from engram.data.splitting import write_split
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.pipeline import projection_job
from engram.studies.general.plan import shown_datasets
from engram.studies.general.representations.projections import make_views, nearest
from tests.studies.located import located

SUBJECTS, FACES, SIZE = 8, 6, 24


def _settings(default_config: dict, **shown: bool):
    looks = {"city": "gender", "stills": "expression"}
    datasets = {
        name: {
            "title": name,
            "reader": "drawn",
            "drawn": {"look": name, "subjects": SUBJECTS, "images": SUBJECTS * FACES},
            "show_faces": shown.get(name, True),
        }
        for name in looks
    }
    encoders = {name: {"task": "gender", "dataset": "city", "embedding": 8} for name in ("one", "another")}
    targets = {name: {"dataset": name, "task": task} for name, task in looks.items()}
    general = {"encoders": encoders, "unsupervised": "city", "targets": targets}
    memory = {
        "transfers": [{"source": "city", "targets": ["stills"]}],
        "strategies": ["BL"],
        "strategy": {"BL": {"stages": ["source.base"]}},
        "recipe": {"base": {}},
    }
    return load_settings({"seeds": [1, 2], "datasets": datasets, "memory": memory, "general": general})


def _write(layout: Layout, settings) -> None:
    """Write faces that lie close together for each subject; those of subject 0 are undetected."""
    rows = np.arange(SUBJECTS * FACES)
    subject = rows // FACES
    for number, name in enumerate(("city", "stills")):
        labels = (
            {"gender": np.where(subject % 2, "male", "female")} if name == "city" else {"expression": "fear"}
        )
        subjects = [f"p{one}" for one in subject]
        index = pd.DataFrame({"image": rows.astype(str), "subject": subjects, **labels})
        pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
        faces = [Face(pixels, bool(one), False, (0, 0, SIZE, SIZE)) for one in subject]
        write_faces(layout.faces(name, GENERAL_CROP), index, faces, SIZE, 3)
        split = pd.DataFrame({"row": rows, "subject": subjects, "subset": "test", "rank": -1})
        split.loc[subject == 1, "subset"] = "train"
        split.loc[subject == 1, "rank"] = np.arange(FACES)
        write_split(layout.split(name), split)
        random = np.random.default_rng(number)
        for representation in ("h_g", "h_unique"):
            array = (np.eye(SUBJECTS)[subject] + 0.05 * random.normal(size=(2, len(rows), SUBJECTS))).astype(
                np.float32
            )
            path = GeneralFiles(settings, layout).representation(name, representation)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, array)


def view(settings, layout):
    make_views(*projection_job(located(settings, layout)).fill(), code="0")


@pytest.fixture
def made(default_config, tmp_path):
    settings, layout = _settings(default_config), Layout(tmp_path)
    _write(layout, settings)
    view(settings, layout)
    return settings, layout


def test_nearest_equals_a_plain_loop():
    """Neighbours come in the order of their cosine, the query itself left out."""
    values = np.random.default_rng(1).normal(size=(20, 5))
    found, distances = nearest(values, 4, 6)
    cosines = {
        row: 1 - values[row] @ values[4] / np.linalg.norm(values[row]) / np.linalg.norm(values[4])
        for row in range(20)
        if row != 4
    }
    expected = sorted(cosines, key=cosines.get)[:6]
    assert found.tolist() == expected
    assert distances == pytest.approx([cosines[row] for row in expected])


def test_few_faces_have_few_neighbours():
    """Of three faces a query has two others, and zeros are at distance one."""
    found, distances = nearest(np.array([[1.0, 0.0], [0.0, 0.0], [2.0, 0.0]]), 0, 5)
    assert found.tolist() == [2, 1]
    assert distances.tolist() == [0, 1]


def test_neighbours_are_of_the_same_subject(made):
    """Where each subject's faces lie together, the five nearest are the subject's other five."""
    frame = pd.read_parquet(made[1].views / "neighbours.parquet")
    assert list(frame) == ["representation", "query", "rank", "row", "dataset", "distance"]
    assert len(frame) == 2 * 2 * 6 * 5
    assert (frame["row"] // FACES == frame["query"] // FACES).all()
    assert (frame["row"] != frame["query"]).all()
    assert not set(frame["query"] // FACES) & {0, 1}
    assert frame.groupby(["dataset", "representation"])["query"].nunique().eq(6).all()


def test_map_holds_detected_test_faces_and_their_labels(made):
    """Every detected test face has a place, and the labels that its data set has."""
    frame = pd.read_parquet(made[1].views / "map.parquet")
    assert list(frame) == ["dataset", "row", "x", "y", "expression", "gender"]
    assert len(frame) == 2 * 6 * FACES
    assert np.isfinite(frame[["x", "y"]]).all(axis=None)
    assert frame["gender"].isna().equals(frame["dataset"] == "stills")
    city = frame[frame["dataset"] == "city"].assign(subject=lambda rows: rows["row"] // FACES)
    middles = city.groupby("subject")[["x", "y"]].transform("mean").to_numpy()
    within = np.linalg.norm(city[["x", "y"]].to_numpy() - middles, axis=1).mean()
    assert within < 0.5 * np.linalg.norm(city[["x", "y"]] - city[["x", "y"]].mean(), axis=1).mean()


def test_the_same_bytes_again(made):
    """A second run writes the same files; the record names what was read."""
    settings, layout = made
    names = ("neighbours.parquet", "map.parquet")
    first = [(layout.views / name).read_bytes() for name in names]
    view(settings, layout)
    assert first == [(layout.views / name).read_bytes() for name in names]
    record = read_record(layout.views / "record.json")
    assert record.kind == "views"
    assert sorted(record.data) == sorted(record.splits) == ["city", "stills"]
    assert "general/representations/city/h_unique.npy" in record.inputs
    assert record.metrics == {"faces_on_map": 72.0, "queries": 12.0}


def test_hidden_faces_have_no_neighbours(default_config, tmp_path):
    """A data set whose faces may not be shown gives no sheet, but has its dots on the map."""
    settings, layout = _settings(default_config, city=False, stills=False), Layout(tmp_path)
    _write(layout, settings)
    view(settings, layout)
    assert shown_datasets(settings.general, settings.datasets) == []
    assert pd.read_parquet(layout.views / "neighbours.parquet").empty
    assert len(pd.read_parquet(layout.views / "map.parquet")) == 72


def test_missing_representation_is_named(made):
    """Without a representation the job stops and says which."""
    settings, layout = made
    GeneralFiles(settings, layout).representation("city", "h_unique").unlink()
    with pytest.raises(EmbeddingError, match=r"h_unique\.npy"):
        view(settings, layout)
