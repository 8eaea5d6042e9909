"""Folds: each subject is tested once, by models that saw nothing of it."""

import json

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engram.config import SplitSettings
from engram.core.errors import SplitError
from engram.core.labels import EXPRESSIONS
from engram.core.paths import Layout
from engram.data.jobs import SplitCheckParams
from engram.data.split import Split, read_split, write_split
from engram.data.split_check import check_splits
from engram.data.splitting import make_split
from engram.runtime.job_spec import JobFiles


@st.composite
def indexes(draw, subjects=(3, 10)):
    """Draw an index of some subjects who all show two classes, in any order of rows, some without label."""
    rows = []
    for subject in range(draw(st.integers(*subjects))):
        labels = draw(st.lists(st.sampled_from([*EXPRESSIONS[:2], None]), max_size=8))
        rows += [(f"s{subject}", label) for label in [*EXPRESSIONS[:2], *labels]]
    return pd.DataFrame(draw(st.permutations(rows)), columns=["subject", "expression"])


def jaffe(subjects=10):
    rows = [(f"P{number}", EXPRESSIONS[image % 7]) for number in range(subjects) for image in range(21)]
    return pd.DataFrame(rows, columns=["subject", "expression"])


def alone(subject, label):
    """Return an index in which one subject alone shows a class."""
    index = jaffe()
    others = (index["expression"] == label) & (index["subject"] != subject)
    return index.assign(expression=index["expression"].mask(others, "neutral"))


@settings(max_examples=12)
@given(indexes(), st.integers(3, 10), st.integers(0, 3), st.floats(0.1, 0.4))
def test_each_subject_is_tested_once_and_never_seen_by_its_fold(index, folds, seed, validation):
    """In its fold nobody else's faces test it; the others train or validate, and the same comes again."""
    subjects = index["subject"].nunique()
    assume(folds <= subjects)
    asked = SplitSettings(folds=folds, seed=seed, validation=validation)
    table = make_split(index, asked, "expression", "drawn")
    labelled = index.index[index["expression"].notna()].tolist()
    split = Split.from_table(table)
    assert split.folds == folds
    assert split.tested()["row"].tolist() == labelled
    tested = table[table["subset"] == "test"].groupby("subject")["fold"].unique()
    assert set(tested.index) == set(index["subject"])
    assert tested.str.len().max() == 1
    for fold, part in table.groupby("fold"):
        assert sorted(part["row"]) == labelled
        seen = {name: set(rows["subject"]) for name, rows in part.groupby("subset")}
        assert seen["test"] == {subject for subject in tested.index if tested[subject][0] == fold}
        assert not seen["test"] & (seen["train"] | seen["validation"])
        assert not seen["train"] & seen["validation"]
        assert min(map(len, seen.values())) >= 1
    pd.testing.assert_frame_equal(table, make_split(index, asked, "expression", "drawn"))


@settings(max_examples=10)
@given(indexes(), st.integers(0, 2), st.integers(1, 99))
def test_fractions_are_nested_within_a_fold(index, seed, percent):
    """A fraction of a fold's training subset holds whole subjects of that subset."""
    folds = index["subject"].nunique()
    asked = SplitSettings(scheme="leave_one_out", folds=folds, seed=seed)
    split = Split.from_table(make_split(index, asked, "expression", "drawn"))
    for fold in range(1, folds + 1):
        part = split.in_fold(fold)
        assert part.hash == split.hash
        whole, some = part.rows("train"), part.rows("train", percent)
        assert set(some) <= set(whole)
        subjects = index["subject"]
        assert not set(subjects[some]) & set(subjects[sorted(set(whole) - set(some))])


def test_folds_of_ten_subjects_are_alike():
    """JAFFE in five folds: two subjects test, one validates, seven train, each class in its share."""
    table = make_split(jaffe(), SplitSettings(folds=5, validation=0.1), "expression", "J")
    counts = table.groupby(["fold", "subset"])["subject"].nunique().unstack()
    assert (counts["test"] == 2).all()
    assert (counts["validation"] == 1).all()
    assert (counts["train"] == 7).all()


def test_leave_one_out_is_its_limit():
    """Each fold tests one subject, in the order of their names."""
    table = make_split(jaffe(), SplitSettings(scheme="leave_one_out", folds=10), "expression", "J")
    tested = table[table["subset"] == "test"].groupby("fold")["subject"].unique()
    assert [list(names) for names in tested] == [[f"P{number}"] for number in range(10)]


def test_a_class_of_two_subjects_is_tested_in_two_folds():
    """Where two subjects alone have a class, each is trained on when the other is tested."""
    index = jaffe(8)
    rare = index["subject"].isin(["P2", "P5"])
    index["expression"] = index["expression"].mask((index["expression"] == "disgust") & ~rare, "fear")
    table = make_split(index, SplitSettings(folds=4), "expression", "J")
    tested = table[(table["subset"] == "test") & table["subject"].isin(["P2", "P5"])]
    assert tested.groupby("subject")["fold"].first().nunique() == 2


@pytest.mark.parametrize(
    ("index", "asked", "message"),
    [
        (jaffe(4), {"folds": 5}, "'J' has 4 subjects with labels; 5 folds need at least 5"),
        (jaffe(2), {"folds": 2}, "'J' has 2 subjects with labels; 2 folds need at least 3"),
        (jaffe(), {"scheme": "leave_one_out", "folds": 9}, "Set 'datasets.J.split.folds' to 10"),
        (jaffe(3), {"folds": 2}, "leaves only one to train and to validate"),
        (jaffe(), {"folds": 5, "validation": 0.9}, "fold 1: a fraction of 0.9 for validation"),
        (alone("P3", "anger"), {"folds": 5}, "fold [1-5]: class 'anger' would not be trained on"),
    ],
)
def test_folds_that_cannot_be_made(index, asked, message):
    """Fewer subjects than folds, or a class that its fold cannot train on: one error with the way out."""
    with pytest.raises(SplitError, match=message):
        make_split(index, SplitSettings(**asked), "expression", "J")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[t["fold"] != 2], "not numbered from 1"),
        (lambda t: t.assign(fold=t["fold"] - 1), "not numbered from 1"),
        (lambda t: t[~((t["fold"] == 2) & (t["row"] == 0))], "do not test each row once"),
        (lambda t: t.assign(rank=t["rank"].where(t["fold"] != 2, 1)), "ranks of the"),
        (lambda t: pd.concat([t, t.head(1)]), "row 0 stands there twice"),
    ],
)
def test_damaged_folds_are_refused(tmp_path, change, message):
    """A fold that is missing, misses a row or tests nothing is named with the file."""
    table = make_split(jaffe(), SplitSettings(folds=5), "expression", "J")
    write_split(tmp_path / "split.csv", table)
    change(table).to_csv(tmp_path / "split.csv", index=False)
    with pytest.raises(SplitError, match=rf"split\.csv.*{message}"):
        read_split(tmp_path / "split.csv")


def test_folds_are_read_back(tmp_path):
    """The file holds every fold; a job that wants another is told so."""
    table = make_split(jaffe(), SplitSettings(folds=5), "expression", "J")
    write_split(tmp_path / "split.csv", table.sample(frac=1, random_state=1))
    split = read_split(tmp_path / "split.csv")
    pd.testing.assert_frame_equal(split.table, table)
    assert split.rows("test").tolist() == split.in_fold(1).rows("test").tolist()
    with pytest.raises(SplitError, match="fold 0 is none"):
        split.in_fold(0)
    with pytest.raises(SplitError, match="5 folds, and fold 6"):
        split.in_fold(6)


def test_sizes_of_scheme_subject_are_the_nearest_of_whole_subjects():
    """JAFFE's printed 131, 15 and 67 images become those of whole subjects, all apart."""
    index = jaffe()
    asked = SplitSettings(scheme="subject", sizes=(131, 15, 67))
    table = make_split(index, asked, "expression", "J")
    assert table["subset"].value_counts().to_dict() == {"train": 126, "test": 63, "validation": 21}
    assert table.groupby("subject")["subset"].nunique().max() == 1


def test_all_splits_are_checked_before_training(tmp_path):
    """The report has the sizes of every data set; a split of other folds than planned is named."""
    layout = Layout(tmp_path)
    write_split(layout.split("j"), make_split(jaffe(), SplitSettings(folds=5), "expression", "J"))
    inputs, outputs = JobFiles(splits=[layout.split("j")]), JobFiles(report=tmp_path / "splits.json")
    check_splits(inputs, outputs, SplitCheckParams(results=str(tmp_path), folds={"j": 5}))
    said = json.loads((tmp_path / "splits.json").read_text(encoding="utf-8"))
    assert said == {
        "j": {"folds": 5, "train": [147, 7], "validation": [21, 1], "test": [210, 10], "dropped": 0}
    }
    with pytest.raises(SplitError, match=r"split\.csv: it has 5 folds, the settings of 'j' say 4"):
        check_splits(inputs, outputs, SplitCheckParams(results=str(tmp_path), folds={"j": 4}))
