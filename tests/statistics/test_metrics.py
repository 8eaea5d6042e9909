"""Metrics agree with scikit-learn and with numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from engram.statistics.metrics import accuracy, confusion, macro_f1

CLASSES = 4


@st.composite
def answers(draw):
    """Draw true classes and answers, some of them undetected."""
    size = draw(st.integers(1, 40))
    truth = draw(st.lists(st.integers(0, CLASSES - 1), min_size=size, max_size=size))
    predicted = draw(st.lists(st.integers(-1, CLASSES - 1), min_size=size, max_size=size))
    return np.array(truth), np.array(predicted)


def test_macro_f1_by_hand():
    """Three classes occur: F1 of 2/3, 4/5 and 0; the fourth does not occur and is left out."""
    truth = np.array([0, 0, 1, 1, 2])
    predicted = np.array([0, -1, 1, 1, 1])
    assert macro_f1(truth, predicted, CLASSES) == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)


def test_confusion_by_hand():
    """Rows are true classes, columns answers, the last column undetected faces."""
    table = confusion(np.array([0, 0, 2]), np.array([1, -1, 2]), 3)
    assert table.tolist() == [[0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]]


@given(answers())
def test_agreement_with_scikit_learn(case):
    """Accuracy, confusion and macro-F1 are those of scikit-learn, undetected being one more class."""
    truth, predicted = case
    whole = np.where(predicted < 0, CLASSES, predicted)
    assert accuracy(truth, predicted) == pytest.approx(accuracy_score(truth, whole))
    reference = confusion_matrix(truth, whole, labels=range(CLASSES + 1))
    assert (confusion(truth, predicted, CLASSES) == reference[:CLASSES]).all()
    present = sorted(set(truth.tolist()))
    expected = f1_score(truth, whole, labels=present, average="macro", zero_division=0)
    assert macro_f1(truth, predicted, CLASSES) == pytest.approx(expected)


@given(answers(), st.randoms(use_true_random=False))
def test_bounds_and_order(case, random):
    """All metrics lie in [0, 1] and do not depend on the order of the images."""
    truth, predicted = case
    order = list(range(len(truth)))
    random.shuffle(order)
    for value, shuffled in (
        (accuracy(truth, predicted), accuracy(truth[order], predicted[order])),
        (macro_f1(truth, predicted, CLASSES), macro_f1(truth[order], predicted[order], CLASSES)),
    ):
        assert 0 <= value <= 1
        assert value == pytest.approx(shuffled)


@given(answers(), st.data())
def test_losing_a_face_never_helps(case, data):
    """An image whose face is no longer detected can only lower the accuracy."""
    truth, predicted = case
    lost = predicted.copy()
    lost[data.draw(st.integers(0, len(truth) - 1))] = -1
    assert accuracy(truth, lost) <= accuracy(truth, predicted)


def test_batches_are_independent():
    """A batch of models and seeds gives what each gives alone."""
    stream = np.random.default_rng(0)
    truth, predicted = stream.integers(0, CLASSES, 30), stream.integers(-1, CLASSES, (3, 2, 30))
    tables, scores = confusion(truth, predicted, CLASSES), macro_f1(truth, predicted, CLASSES)
    assert tables.shape == (3, 2, CLASSES, CLASSES + 1)
    for place in np.ndindex(3, 2):
        assert (tables[place] == confusion(truth, predicted[place], CLASSES)).all()
        assert scores[place] == macro_f1(truth, predicted[place], CLASSES)
