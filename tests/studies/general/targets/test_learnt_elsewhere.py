"""Verification on the pairs of a data set's owners, with everything learnt on another data set."""

import numpy as np
import pandas as pd
import pytest

from engram.config import SplitSettings
from engram.core.errors import SplitError, UnsolvableError
from engram.core.files import write_json
from engram.core.paths import GENERAL_CROP
from engram.data.images.align import Face
from engram.data.images.store import write_faces
from engram.data.pairs import official_pairs, verify
from engram.data.split import Split
from engram.data.splitting import make_split, write_split
from engram.studies.general.jobs.task_steps import finetune_step, probe_step, search_step
from engram.studies.general.plan import general_datasets, represented_datasets
from engram.studies.general.targets.protocols import closed_set, pairs_to_verify
from engram.studies.general.task_plan import Task
from tests.studies.task_world import (
    SIZE,
    fill,
    finetuned,
    general_settings,
    make_world,
    probed,
    searched,
    store,
    write_arrays,
)

#: 8 subjects of 4 images in two folds: pairs of the same subject, then of two, of each fold.
SUBJECTS, IMAGES, FOLDS = 8, 4, 2


def _official(index):
    """Return the columns that a reader adds: each subject's first images are paired, and subjects in turn."""
    first = np.arange(SUBJECTS) * IMAGES
    half = SUBJECTS // FOLDS
    pairs = []
    for fold in range(FOLDS):
        mine = first[fold * half :][:half]
        pairs += [(row, row + 1) for row in mine] + list(zip(mine, np.roll(mine, 1) + 2, strict=True))
    numbers = {}
    for pair, rows in enumerate(pairs):
        for row in rows:
            numbers.setdefault(row, []).append(str(pair))
    return index.assign(
        x_fold=1 + np.arange(len(index)) // IMAGES // half,
        x_pairs=pd.Series({row: " ".join(found) for row, found in numbers.items()}, dtype=object),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return settings and layout: `studio` is learnt on, the owners' pairs of `portraits` are tested."""
    _, layout = make_world(tmp_path_factory.mktemp("elsewhere"))
    target = {"dataset": "portraits", "task": "identity", "protocol": "pairs"}
    target |= {"pairs": "official", "trained_on": "studio", "trained_faces": 50}
    settings = general_settings(targets={"lfw": target})
    portraits = settings.datasets["portraits"]
    alone = SplitSettings(without=["train", "validation"])
    datasets = settings.datasets | {"portraits": portraits.model_copy(update={"split": alone})}
    settings = settings.model_copy(update={"datasets": datasets})
    kept = store(layout, settings, "portraits", SUBJECTS, IMAGES)
    index = _official(kept.index.drop(columns=["detected", "eyes", *kept.index.filter(like="box_").columns]))
    faces = (
        Face(np.array(pixels), bool(found), False, (0.0, 0.0, SIZE, SIZE))
        for pixels, found in zip(kept.faces, kept.detected, strict=True)
    )
    kept = write_faces(layout.faces("portraits", GENERAL_CROP), index, faces, SIZE, 3)
    split = make_split(kept.index, settings.datasets["portraits"].split, "identity", "portraits")
    assert set(split["subset"]) == {"test"}
    write_split(layout.split("portraits"), split)
    write_arrays(layout, settings, "portraits", kept)
    write_json(layout.selection("lfw") / "choice.json", {"bt": "age", "bct": "age", "p_cnn": "gender"})
    return settings, layout


def test_the_other_data_set_is_one_of_the_study(world):
    """It is prepared, embedded and represented as the target's own."""
    settings, _ = world
    assert {"portraits", "studio"} <= set(general_datasets(settings))
    assert represented_datasets(settings.general) == ["portraits", "studio"]
    for step in (search_step, probe_step, finetune_step):
        inputs, _, _ = fill(world, "lfw", step)
        assert all("studio" in str(path) for path in [*inputs.learnt_faces, inputs.learnt_split])
        for name in ("embeddings", "representations"):
            mine, other = (list(getattr(inputs, prefix + name)) for prefix in ("", "learnt_"))
            assert [str(path).replace("portraits", "studio") for path in mine] == list(map(str, other))


def test_probes_judge_the_owners_pairs_in_their_folds(world):
    """Of every method the same 16 pairs; the threshold of a fold is that of the other."""
    predictions, record = probed(world, "lfw")
    for _, mine in predictions.groupby(["method", "seed"]):
        assert len(mine) == 2 * SUBJECTS
        assert sorted(mine["fold"].unique()) == [1, 2]
        same = (mine["truth"] == "same").to_numpy()
        assert same.sum() == SUBJECTS
        called = verify(mine["score"].to_numpy(), same, mine["fold"].to_numpy())
        assert (called == (mine["prediction"] == "same").to_numpy()).all()
    assert set(record["data"]) == set(record["splits"]) == {"portraits", "studio"}
    assert record["settings"]["trained_on"] == "studio"
    assert record["settings"]["pairs"] == "official"


def test_networks_learn_subjects_of_the_other_data_set(world):
    """They are trained on at most so many of its faces, and all methods judge the same pairs."""
    (cnn, record), (tuned, _) = finetuned(world, "lfw", "cnn", "h_unique_tuned")
    assert len(cnn) == len(tuned) == 2 * 2 * SUBJECTS
    assert {entry["fold"] for entry in record["history"]} == {0.0}


def test_encoders_are_chosen_on_the_other_data_set(world):
    """The scores are those of its validation pairs: the search runs though the target has no such face."""
    scores = pd.read_parquet(searched(world, "lfw") / "scores.parquet")
    assert len(scores)


def _task(**changes):
    given = {"name": "lfw", "role": "target", "dataset": "press", "task": "identity", "protocol": "pairs"}
    return Task(**given, pairs="official", **changes)


def test_official_pairs_must_be_there(world):
    """The message says which file, and what to set instead."""
    index = pd.DataFrame({"subject": ["a", "b"]})
    with pytest.raises(UnsolvableError, match=r"task 'lfw': data set 'press'.*pairs.txt"):
        pairs_to_verify(_task(), index, Split.from_table(_all_train(index)))


def test_subjects_of_official_pairs_may_not_train():
    """Unless the training faces are of another data set."""
    index = pd.DataFrame({"subject": ["a", "a"], "x_fold": [1, 1], "x_pairs": ["0", "0"]})
    split = Split.from_table(_all_train(index))
    with pytest.raises(UnsolvableError, match="subject 'a' of the official pairs is in the training"):
        pairs_to_verify(_task(), index, split)
    assert len(pairs_to_verify(_task(trained_on="studio"), index, split)) == 1


def test_as_many_subjects_are_learnt_as_have_so_many_faces():
    """Whole subjects, not more faces than asked for, and other ones with another data set."""
    index = pd.DataFrame({"subject": np.repeat(list("abcdefghij"), 5), "detected": True})
    split = Split.from_table(_all_train(index))
    pairs = pd.DataFrame({"first_row": [0], "other_row": [1]})
    chosen = {}
    for name in ("studio", "press2"):
        fold = closed_set(_task(trained_on=name, trained_faces=23), index, split, pairs)
        rows = np.r_[fold.training, fold.validation]
        assert len(rows) == 20
        chosen[name] = set(index["subject"].iloc[rows])
        assert len(chosen[name]) == 4
    assert chosen["studio"] != chosen["press2"]


def _all_train(index):
    rows = np.arange(len(index))
    return pd.DataFrame({"row": rows, "subject": index["subject"], "subset": "train", "rank": rows})


def test_pairs_whose_images_are_missing_are_refused():
    """A number that stands at one image is no pair."""
    index = pd.DataFrame({"subject": ["a", "a"], "x_fold": [1, 1], "x_pairs": ["0 1", "0"]})
    with pytest.raises(SplitError, match="pair 1 is not one of two images"):
        official_pairs(index, "lfw")
