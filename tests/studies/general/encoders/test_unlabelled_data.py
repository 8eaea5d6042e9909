"""Tests of `engram.studies.general.encoders.unlabelled_data`: D_unsup of several data sets."""

import numpy as np
import pandas as pd
import pytest

from engram.core.errors import TrainingError
from engram.core.paths import GENERAL_CROP
from engram.core.records import read_record
from engram.data.images.store import FaceStore
from engram.data.splitting import read_split, write_split
from engram.studies.general.encoders.embeddings import Embeddings
from engram.studies.general.encoders.unlabelled_data import UnlabelledData
from engram.studies.general.fusion.fitting import fit_operators
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.pipeline import operator_job, student_job
from engram.studies.general.students.distillation import train_student
from tests.studies.located import located
from tests.studies.taught_world import FACES, SIZES, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return settings whose D_unsup is both data sets, the second without a test subset, and the layout."""
    settings, layout = make_world(tmp_path_factory.mktemp("unlabelled"))
    general = settings.general.model_copy(update={"unsupervised": ["crowd", "city"]})
    table = read_split(layout.split("city")).table
    write_split(layout.split("city"), table[table["subset"] != "test"])
    return settings.model_copy(update={"general": general}), layout


def _load(world, **changes):
    inputs, _, params = operator_job(located(*world), "operators", ["ae"], [1]).fill()
    return UnlabelledData.load(inputs, params.model_copy(update=changes))


def test_faces_are_numbered_through(world):
    """Each face, its embedding and its subject are those of its own data set."""
    settings, layout = world
    data = _load(world)
    assert len(data.faces) == len(data.embeddings) == sum(FACES.values())
    start, names = 0, []
    for name, count in FACES.items():
        rows = np.arange(count)
        store = FaceStore.load(layout.faces(name, GENERAL_CROP))
        own = Embeddings.load(GeneralFiles(settings, layout).embeddings(name), SIZES, "float32")
        assert (data.faces[start + rows] == store.faces[rows]).all()
        assert (data.embeddings.rows(start + rows) == own.rows(rows)).all()
        tested = data.rows["test"][(data.rows["test"] >= start) & (data.rows["test"] < start + count)]
        names += [f"{name}/{who}" for who in store.index["subject"].iloc[tested - start]]
        assert data.hashes[name] == store.hash
        start += count
    assert data.test_subjects.tolist() == names
    assert set(data.splits) == set(FACES)
    assert set(data.inputs) == {f"{name}/{encoder}" for name in FACES for encoder in SIZES}


def test_subsets_are_those_of_all_data_sets(world):
    """Detected faces alone, ascending; a data set that lacks a subset adds nothing to it."""
    _, layout = world
    data = _load(world)
    for subset, found in data.rows.items():
        expected, start = [], 0
        for name, count in FACES.items():
            detected = FaceStore.load(layout.faces(name, GENERAL_CROP)).detected
            rows = read_split(layout.split(name)).rows(subset)
            expected += [start + row for row in rows if detected[row]]
            start += count
        assert found.tolist() == expected
    assert data.rows["test"].max() < FACES["crowd"]
    assert data.rows["train"].max() >= FACES["crowd"]


def test_a_subset_that_no_data_set_has_stops(world):
    """The message names the data sets and the subset."""
    settings, layout = world
    general = settings.general.model_copy(update={"unsupervised": ["city"]})
    with pytest.raises(TrainingError, match=r"unlabelled faces \(city\): .* in their test subset"):
        _load((settings.model_copy(update={"general": general}), layout))


def test_operators_and_students_learn_on_all(world):
    """Records count the faces of both, and the reconstruction tells their test faces."""
    _, layout = world
    data = _load(world)
    fit_operators(*operator_job(located(*world), "operators", ["ae"], [1]).fill(), threads=1, code="0")
    train_student(*student_job(located(*world)).fill(kind="unique", seed=1), threads=1, code="0")
    for folder in (layout.fusion("ae", 1), layout.student("unique", 1)):
        record = read_record(folder / "record.json")
        assert record.metrics["training_faces"] == len(data.rows["train"])
        assert set(record.data) == set(FACES)
        errors = pd.read_parquet(folder / "reconstruction.parquet")
        assert errors["row"].tolist() == data.rows["test"].tolist()
        assert errors["subject"].str.startswith("crowd/").all()
