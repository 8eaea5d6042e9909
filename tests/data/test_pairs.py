"""Verification pairs: folds apart, in balance, always the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import SplitError
from engram.data.pairs import best_threshold, verification_pairs, verify

#: Images of each person: at least four subjects have two.
CROWDS = st.lists(st.integers(1, 6), max_size=40).map(lambda counts: [2, 3, 2, 2, *counts])


def subjects_of(counts):
    return np.repeat([f"person-{number}" for number in range(len(counts))], counts)


def pairs_of(counts, pairs=60, seed=1):
    """Return subjects by row and the pairs; rows begin at 100."""
    subjects = subjects_of(counts)
    rows = np.arange(len(subjects)) + 100
    return dict(zip(rows, subjects, strict=True)), verification_pairs(subjects, rows, pairs, seed, "press")


@given(CROWDS, st.integers(20, 400), st.integers(0, 5))
def test_no_person_stands_in_two_folds(counts, pairs, seed):
    """The subjects of the folds are disjoint."""
    subjects, found = pairs_of(counts, pairs, seed)
    folds = {}
    for row in found.itertuples():
        for face in (row.first_row, row.other_row):
            assert folds.setdefault(subjects[face], row.fold) == row.fold


@given(CROWDS, st.integers(20, 400), st.integers(0, 5))
def test_every_fold_is_in_balance_and_no_pair_stands_twice(counts, pairs, seed):
    """Half of each fold's pairs are of one person, never more than asked for; truth is right."""
    subjects, found = pairs_of(counts, pairs, seed)
    by_fold = found.groupby("fold")["same"].agg(["sum", "size"])
    assert (by_fold["sum"] * 2 == by_fold["size"]).all()
    assert by_fold["sum"].between(1, max(1, pairs // 20)).all()
    assert not found.duplicated(["first_row", "other_row"]).any()
    assert (found["first_row"] < found["other_row"]).all()
    truth = found["first_row"].map(subjects) == found["other_row"].map(subjects)
    assert truth.equals(found["same"])


@given(CROWDS, st.integers(0, 5))
def test_the_same_seed_gives_the_same_pairs(counts, seed):
    """Nothing but the arguments decides."""
    assert pairs_of(counts, seed=seed)[1].equals(pairs_of(counts, seed=seed)[1])


def test_another_seed_gives_other_pairs():
    """The seed does decide."""
    assert not pairs_of([6] * 40, seed=1)[1].equals(pairs_of([6] * 40, seed=2)[1])


def test_a_large_crowd_gives_ten_folds_of_as_many_pairs_as_asked_for():
    """With 600 pairs each fold has 30 of the same person and 30 of different ones."""
    _, found = pairs_of([8] * 60, pairs=600)
    assert found.groupby(["fold", "same"]).size().tolist() == [30] * 20


def test_a_person_of_many_images_does_not_outweigh_the_others():
    """Forty images of one person among subjects of five give no more pairs than these."""
    subjects, found = pairs_of([40] + [5] * 39, pairs=400)
    same = found[found["same"]]
    assert same["first_row"].map(subjects).value_counts().max() <= 5


def test_a_small_fold_gives_every_pair_that_it_has():
    """Four subjects of two images: two folds, each with its two pairs of one person."""
    _, found = pairs_of([2, 2, 2, 2], pairs=1000)
    assert found.groupby(["fold", "same"]).size().tolist() == [2] * 4


@pytest.mark.parametrize("counts", [[5, 5, 5], [1, 1, 1, 1, 1, 5]])
def test_too_few_persons_are_an_error_with_a_way_out(counts):
    """Two folds of two subjects, one of them with two images, are the least."""
    with pytest.raises(SplitError, match=r"'press': its test subset has \d subjects.*'datasets.press.split'"):
        pairs_of(counts)


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1, max_size=30))
def test_the_best_threshold_is_no_worse_than_any_other(pairs):
    """It is as good as the best of all thresholds tried one after another."""
    values = np.array([value for value, _ in pairs], dtype=float)
    same = np.array([truth for _, truth in pairs])
    reached = ((values > best_threshold(values, same)) == same).sum()
    assert reached == max(((values > cut) == same).sum() for cut in np.arange(-5.5, 6))


def test_a_fold_is_judged_by_the_others_threshold():
    """Its own similarities lie on another scale; the threshold does not follow them."""
    similarity = np.array([0.0, 1.0, 0.2, 0.8, 5.0, 6.0])
    same = np.array([False, True, False, True, False, True])
    fold = np.array([0, 0, 1, 1, 2, 2])
    assert verify(similarity, same, fold)[4:].tolist() == [True, True]


def test_pairs_without_a_similarity_are_called_different_and_choose_nothing():
    """An undetected face has none."""
    similarity = np.array([np.nan, 0.9, 0.1, np.nan, 0.8, 0.2])
    same = np.array([True, True, False, True, True, False])
    called = verify(similarity, same, np.array([0, 0, 0, 1, 1, 1]))
    assert called.tolist() == [False, True, False, False, True, False]
