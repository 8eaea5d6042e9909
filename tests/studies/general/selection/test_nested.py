"""Leaving one subject out is nested: what is chosen for it is chosen without it."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import read_record
from engram.data.images.store import FaceStore
from engram.studies.general.evidence.metrics import unit_values
from engram.studies.general.plan import subsets_of_encoders
from engram.studies.general.selection.nested import inner_folds
from tests.studies.task_world import finetuned, make_world, searched

SUBJECTS = 4


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a world where age is in the embeddings of ``gender``, and its search done."""
    settings, layout = make_world(tmp_path_factory.mktemp("nested"))
    return settings, layout, searched((settings, layout), "years")


def choice_of(folder):
    return json.loads((folder / "choice.json").read_text(encoding="utf-8"))


def test_inner_folds_deal_subjects_evenly():
    """Each subject validates once, with all its faces; five folds, or as many as subjects."""
    subjects = np.repeat([f"s{number}" for number in range(12)], 3)
    masks = inner_folds(subjects, 7)
    assert len(masks) == 5
    assert np.array_equal(sum(mask.astype(int) for mask in masks), np.ones(36))
    for mask in masks:
        assert not set(subjects[mask]) & set(subjects[~mask])
        assert len(set(subjects[mask])) in (2, 3)
    assert len(inner_folds(np.array(["a", "a", "b"]), 7)) == 2


def test_every_subject_has_a_choice_of_its_own(made):
    """``choice.json`` names encoders for each fold, and the most frequent ones beside it."""
    settings, _, folder = made
    choice = choice_of(folder)
    names = {"+".join(members) for members in subsets_of_encoders(settings.general)}
    assert sorted(choice["folds"]) == [str(number) for number in range(SUBJECTS)]
    for fold in choice["folds"].values():
        assert set(fold) == {"bt", "bct", "p_cnn"}
        assert fold["bct"] in names
        assert {fold["bt"], fold["p_cnn"]} <= set(settings.general.encoders)
    scores = pd.read_parquet(folder / "scores.parquet")
    assert set(scores["selector"]) == {"kernel"}
    assert list(scores["subset"]) == ["+".join(members) for members in subsets_of_encoders(settings.general)]


def test_each_subject_is_predicted_once_by_each_seed(made):
    """A fold is a subject; undetected faces are among its rows."""
    _, layout, folder = made
    predictions = pd.read_parquet(folder / "predictions.parquet")
    index = FaceStore.load(layout.faces("portraits", GENERAL_CROP)).index
    expected = list(np.flatnonzero(index["age"].notna()))
    for _, part in predictions.groupby(["method", "seed"]):
        assert sorted(part["row"]) == expected
        assert (part.groupby("fold")["subject"].nunique() == 1).all()
    assert (~predictions["detected"]).any()
    assert unit_values("regression", predictions).mean() < 20


def test_a_choice_does_not_see_the_subject_that_it_is_tested_on(made, tmp_path):
    """Other labels and embeddings of a subject change nothing in its own fold, but other subjects' scores."""
    settings, layout, folder = made
    shutil.copytree(layout.root, tmp_path / "results")
    other = Layout(tmp_path / "results")
    store = FaceStore.load(layout.faces("portraits", GENERAL_CROP))
    mine = (store.index["subject"] == "person-02").to_numpy()
    for name in settings.general.encoders:
        path = other.embeddings("portraits", name) / "shard-0.npy"
        array = np.load(path)
        array[mine] = np.random.default_rng(5).normal(9.0, 30.0, array[mine].shape)
        np.save(path, array)
    again = searched((settings, other), "years")
    assert choice_of(again)["folds"]["2"] == choice_of(folder)["folds"]["2"]
    before, after = (pd.read_parquet(each / "scores.parquet") for each in (folder, again))
    assert not np.allclose(before["validation"], after["validation"])


def test_the_network_of_a_fold_starts_from_the_fold_s_encoder(made, tmp_path):
    """P-CNN's record names an encoder for each fold, as the choice has them."""
    settings, layout, _ = made
    shutil.copytree(layout.root, tmp_path / "results")
    here = Layout(tmp_path / "results")
    path = here.selection("years") / "choice.json"
    choice = choice_of(here.selection("years"))
    for number, encoder in enumerate(["gender", "identity", "gender", "identity"]):
        choice["folds"][str(number)]["p_cnn"] = encoder
    path.write_text(json.dumps(choice), encoding="utf-8")
    finetuned((settings, here), "years", "p_cnn")
    record = read_record(here.transfer("years", "p_cnn") / "record.json")
    assert record.settings["encoder"] == {"0": "gender", "1": "identity", "2": "gender", "3": "identity"}
    assert len(record.inputs) == 2


def test_the_time_of_choosing_counts(made):
    """BCT pays for all subsets of all folds, BT for the single encoders; each also for its heads."""
    settings, _, folder = made
    timings = read_record(folder / "record.json").timings
    seeds = len(settings.seeds)
    assert timings["train/bct"] > seeds * timings["train/kernel"] > 0
    single = len(settings.general.encoders) / len(subsets_of_encoders(settings.general))
    assert timings["train/bt"] > seeds * single * timings["train/kernel"]
    assert timings["train"] == timings["train/bct"]
