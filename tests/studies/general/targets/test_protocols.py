"""Who learns, who validates and who is tested."""

import numpy as np
import pandas as pd
import pytest

from engram.config import SplitSettings
from engram.core.errors import TrainingError
from engram.data.split import Split
from engram.data.splitting import make_split
from engram.studies.general.targets.protocols import closed_set, folds, pairs_to_verify, plan_folds
from engram.studies.general.task_plan import Task
from engram.training.tasks import LabelSet


def make_item(task="gender", protocol="split", pairs=40):
    return Task(name="some", role="target", dataset="studio", task=task, protocol=protocol, pairs=pairs)


def make_index(subjects=20, images=5):
    number = np.repeat(np.arange(subjects), images)
    count = len(number)
    return pd.DataFrame(
        {
            "subject": [f"person-{person:02d}" for person in number],
            "gender": np.where(number % 2 == 0, "female", "male"),
            "age": np.where(np.arange(count) % 9 == 4, np.nan, 20.0 + number),
            "attr_hat": (np.arange(count) % 2).astype(float),
            "attr_beard": np.where(number < 3, np.nan, 1.0),
            "detected": np.arange(count) % 11 != 5,
        }
    )


def make_subsets(index):
    settings = SplitSettings(validation=0.2, test=0.4)
    return Split.from_table(make_split(index, settings, "gender", "studio"))


def test_a_split_trains_on_detected_faces_and_tests_on_all():
    """The rows are those of the subsets, without what has no label."""
    index = make_index()
    split = make_subsets(index)
    (fold,) = folds(make_item("age"), index, split)
    assert index["detected"].iloc[np.r_[fold.training, fold.validation]].all()
    assert index["age"].iloc[np.r_[fold.training, fold.validation, fold.test]].notna().all()
    assert set(fold.test) == {row for row in split.rows("test") if index["age"].notna()[row]}
    assert not index["detected"].iloc[fold.test].all()


def test_leaving_one_out_tests_every_subject_by_others():
    """A fold for each subject: the tested, the validating and the training subjects are apart."""
    index = make_index()
    found = folds(make_item("age", "leave_one_out"), index, make_subsets(index))
    assert [fold.number for fold in found] == list(range(20))
    tested = np.concatenate([fold.test for fold in found])
    assert sorted(tested) == list(np.flatnonzero(index["age"].notna()))
    for fold in found:
        parts = [set(index["subject"].iloc[rows]) for rows in (fold.test, fold.validation, fold.training)]
        assert [len(part) for part in parts] == [1, 1, 18]
        assert len(set.union(*parts)) == 20


def test_leaving_one_out_takes_a_tenth_for_validation():
    """Of forty other subjects four validate, and other ones for another tested subject."""
    index = make_index(subjects=41, images=2)
    found = folds(make_item("gender", "leave_one_out"), index, make_subsets(index))
    validating = [frozenset(index["subject"].iloc[fold.validation]) for fold in found]
    assert {len(subjects) for subjects in validating} == {4}
    assert len(set(validating)) > 30


def test_subjects_can_be_left_out_several_at_once():
    """Of twenty subjects in six folds each is tested once, by others; all tasks have the same folds."""
    index = make_index()
    grouped = [make_item(task, "leave_one_out").model_copy(update={"folds": 6}) for task in ("gender", "age")]
    one, other = (folds(item, index, make_subsets(index)) for item in grouped)
    assert len(one) == 6
    assert sorted(np.concatenate([fold.test for fold in one])) == list(range(len(index)))
    for fold, same in zip(one, other, strict=True):
        parts = [set(index["subject"].iloc[rows]) for rows in (fold.test, fold.validation, fold.training)]
        assert len(parts[0]) in (3, 4)
        assert sum(map(len, parts)) == len(set.union(*parts)) == 20
        assert set(index["subject"].iloc[same.test]) == parts[0]


def test_the_folds_are_always_the_same():
    """Nothing but data, split and names decides."""
    index = make_index()
    split = make_subsets(index)
    for protocol in ("split", "leave_one_out"):
        for one, other in zip(
            *(folds(make_item("age", protocol), index, split) for _ in range(2)), strict=True
        ):
            for name in ("training", "validation", "test"):
                assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    ("change", "task", "message"),
    [
        ({"gender": None}, "gender", "no training face has a label"),
        ({"attr_hat": np.nan, "attr_beard": np.nan}, "attributes", "no training face has a label"),
        ({"detected": False}, "gender", "no detected training face has a label of 'gender'"),
    ],
)
def test_labels_that_are_missing_everywhere_are_named(change, task, message):
    """The message has the task, the data set and a way out."""
    index = make_index()
    split = make_subsets(index)
    with pytest.raises(TrainingError, match=f"task 'some', data set 'studio'.*{message}.*orrect"):
        folds(make_item(task), index.assign(**change), split)


def test_a_test_subset_without_labels_is_an_error():
    """Nothing could be measured."""
    index = make_index()
    split = make_subsets(index)
    index.loc[split.rows("test"), "age"] = np.nan
    with pytest.raises(TrainingError, match="no test face has a label of 'age'"):
        folds(make_item("age"), index, split)


def test_a_class_that_is_never_trained_on_is_not_tested():
    """Its test faces are left out, and a sentence says how many; the other class is tested as before."""
    index = make_index()
    split = make_subsets(index)
    learning = np.r_[split.rows("train"), split.rows("validation")]
    undetected = index.assign(detected=~(index.index.isin(learning) & (index["gender"] == "male")))
    (fold,), notes = plan_folds(make_item(), undetected, split)
    tested = split.rows("test")
    men = (index["gender"].iloc[tested] == "male").to_numpy()
    assert np.array_equal(fold.test, tested[~men])
    (note,) = notes
    assert f"class 'male' of 'gender' is not tested ({men.sum()} faces)" in note


def test_an_attribute_that_is_never_labelled_in_training_is_no_output():
    """The head has an output for each of the others, and all test faces stay."""
    index = make_index()
    split = make_subsets(index)
    index["attr_beard"] = 1.0
    index.loc[np.r_[split.rows("train"), split.rows("validation")], "attr_hat"] = np.nan
    (fold,), _ = plan_folds(make_item("attributes"), index, split)
    assert LabelSet.from_rows("attributes", index.iloc[fold.training]).names == ("beard",)
    assert np.array_equal(fold.test, split.rows("test"))


def test_a_subject_with_a_class_of_its_own_is_not_tested_when_it_is_left_out():
    """Nobody else can teach it; the other subjects keep their folds and numbers."""
    index = make_index()
    alone = (index["subject"] == "person-03").to_numpy()
    index = index.assign(expression=np.where(alone, "fear", np.where(index["age"] > 30, "anger", "neutral")))
    found, notes = plan_folds(make_item("expression", "leave_one_out"), index, make_subsets(index))
    assert [fold.number for fold in found] == [number for number in range(20) if number != 3]
    assert "class 'fear' of 'expression' is not tested (5 faces)" in notes[0]
    assert notes[1].startswith("1 subject not tested")


def test_too_few_subjects_to_leave_one_out_are_an_error():
    """One is tested, one validates, one learns."""
    index = make_index()
    two = index.assign(age=index["age"].where(index["subject"].isin(["person-00", "person-01"])))
    with pytest.raises(TrainingError, match=r"2 subjects have a label.*at least 3"):
        folds(make_item("age", "leave_one_out"), two, make_subsets(index))


def test_pairs_are_of_test_faces_and_a_closed_set_of_training_faces():
    """Validation faces are of training subjects; no tested subject is trained on."""
    index = make_index()
    split = make_subsets(index)
    item = make_item("identity", "pairs")
    pairs = pairs_to_verify(item, index, split)
    fold = closed_set(item, index, split, pairs)
    assert set(fold.test) == set(pairs["first_row"]) | set(pairs["other_row"])
    assert set(fold.test) <= set(split.rows("test"))
    learning = np.sort(np.r_[fold.training, fold.validation])
    found = index["detected"].to_numpy(bool)
    assert np.array_equal(learning, [row for row in split.rows("train") if found[row]])
    subjects = index["subject"]
    assert set(subjects.iloc[fold.validation]) == set(subjects.iloc[fold.training])
    assert subjects.iloc[fold.validation].value_counts().max() == 1


def test_subjects_of_one_image_cannot_validate():
    """A closed set needs a subject with two images."""
    index = make_index()
    split = make_subsets(index)
    pairs = pairs_to_verify(make_item("identity", "pairs"), index, split)
    first = ~index["subject"].duplicated()
    with pytest.raises(TrainingError, match="two detected training faces"):
        closed_set(make_item("identity", "pairs"), index.assign(detected=first), split, pairs)
