"""Tests of `engram.data.images.overlap`."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engram.data.images.align import Face
from engram.data.images.overlap import Contents, find_overlap, same_name
from engram.data.images.store import write_faces
from engram.data.split import Split


def _contents(folder, values, subjects, subsets, named=True, **columns):
    """Store faces of one brightness each; a negative one is not detected."""
    manifest = pd.DataFrame(
        {"image": [f"{n}.png" for n in range(len(values))], "subject": subjects, **columns}
    )
    faces = (
        Face(np.full((4, 4, 3), abs(value), np.uint8), value >= 0, False, (0.0,) * 4) for value in values
    )
    store = write_faces(folder, manifest, faces, 4, 3)
    table = pd.DataFrame({"row": range(len(values)), "subject": subjects, "subset": subsets})
    rank = (table["subset"] == "train").cumsum() - 1
    split = Split.from_table(table.assign(rank=rank.where(table["subset"] == "train", -1)))
    return Contents.of(store, split, subjects_are_names=named)


@pytest.fixture
def shared(tmp_path):
    """Return a data set that is learnt from, and one that is tested on."""
    one = _contents(tmp_path / "one", [1, 2, 3, 4], list("abcd"), ["train", "train", "validation", "test"])
    other = _contents(
        *(tmp_path / "other", [2, 3, 4, -1, 9], ["A", "b.", "x", "y", "z"]),
        ["test", "test", "test", "test", "train"],
    )
    return one, other


def test_what_is_shared_is_counted(shared):
    """Detected test faces with the pixels of a training or validation face; subjects of the same name."""
    one, other = shared
    found = find_overlap({"one": one, "other": other}, {"one": one, "other": other})
    found = found.set_index(["learnt", "tested"])
    assert found.loc[("one", "other")].tolist() == [3, 2, 3, 3, 2]
    assert found.loc[("other", "one")].tolist() == [1, 0, 1, 1, 0]
    assert found.loc[("one", "one")].tolist() == [1, 0, 1, 1, 0]


def test_codes_are_no_names(tmp_path, shared):
    """Where subjects are numbers of one data set alone, nothing is said of them."""
    codes = _contents(tmp_path / "codes", [2, 5], ["a", "b"], ["train", "test"], named=False)
    found = find_overlap({"codes": codes}, {"other": shared[1]}).iloc[0]
    assert found["same_faces"] == 1
    assert pd.isna(found["named_subjects"])
    assert pd.isna(found["same_subjects"])


def test_a_column_of_names_is_taken_before_subjects(tmp_path, shared):
    """A subject without a name is not compared."""
    named = _contents(
        *(tmp_path / "named", [7, 8], ["n1", "n2"], ["test", "test"], False), x_name=["A", None]
    )
    found = find_overlap({"one": shared[0]}, {"named": named}).iloc[0]
    assert found[["test_subjects", "named_subjects", "same_subjects"]].tolist() == [2, 1, 1]


@pytest.mark.parametrize(
    ("name", "plain"),
    [("José_Müller-Lee", "jose muller lee"), (" Ada  Lovelace. ", "ada lovelace"), ("___", "")],
)
def test_names_are_compared_without_case_accents_and_punctuation(name, plain):
    """As LFW and VGGFace2 spell the same person."""
    assert same_name(name) == plain


def test_a_data_set_with_folds_is_not_compared_with_itself(shared):
    """Each of its faces is trained on in one fold and tested in another."""
    one, other = shared
    folded = replace(other, folds=2)
    found = find_overlap({"one": one, "folded": folded}, {"folded": folded})
    assert found["learnt"].tolist() == ["one"]
