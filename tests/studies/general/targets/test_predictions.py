"""The frames of predictions by kind of task, with known answers."""

import numpy as np
import pandas as pd
import pytest

from engram.studies.general.targets.predictions import cosine, face_predictions, pair_predictions
from engram.training.tasks import LabelSet

INDEX = pd.DataFrame(
    {
        "subject": ["a", "a", "b"],
        "gender": ["female", "male", "male"],
        "age": [20.0, 30.0, 40.0],
        "attr_hat": [1.0, 0.0, np.nan],
        "detected": [True, False, True],
    }
)
ROWS = np.array([0, 1, 2])


def test_classes_are_words_with_their_probability():
    """Softmax of logits 0 and ln 3; an undetected face has neither."""
    outputs = np.array([[0.0, np.log(3.0)], [9.0, 0.0], [0.0, 1000.0]])
    frame = face_predictions(LabelSet.from_rows("gender", INDEX), INDEX, ROWS, outputs)
    assert frame["truth"].tolist() == ["female", "male", "male"]
    assert frame["prediction"].isna().tolist() == [False, True, False]
    assert frame["prediction"].dropna().tolist() == ["male", "male"]
    np.testing.assert_allclose(frame["score"], [0.75, np.nan, 1.0], rtol=1e-6)
    assert frame["score"].dtype == np.float32


def test_values_are_in_their_unit_and_the_middle_where_undetected():
    """Mean 30 and a standard deviation of 8.16; the middle of the data set's labels 20 to 50 is 35."""
    index = INDEX.assign(age=[20.0, 30.0, 50.0])
    frame = face_predictions(LabelSet.from_rows("age", INDEX), index, ROWS, np.array([[1.0], [5.0], [0.0]]))
    np.testing.assert_allclose(frame["prediction"], [30 + (200 / 3) ** 0.5, 35.0, 30.0])
    assert frame["truth"].tolist() == [20.0, 30.0, 50.0]


def test_attributes_are_ones_and_noughts_and_missing_where_undetected():
    """A logit above 0 is a 1; an unlabelled attribute has no truth."""
    frame = face_predictions(
        LabelSet.from_rows("attributes", INDEX), INDEX, ROWS, np.array([[-1.0], [2.0], [3.0]])
    )
    np.testing.assert_array_equal(frame["truth_hat"], [1.0, 0.0, np.nan])
    np.testing.assert_array_equal(frame["prediction_hat"], [0.0, np.nan, 1.0])


def test_pairs_say_same_or_different():
    """Six pairs in three folds; one has an undetected face."""
    first, other = [0, 0, 2, 2, 4, 4], [1, 5, 3, 1, 5, 0]
    pairs = pd.DataFrame(
        {"fold": [0, 0, 1, 1, 2, 2], "first_row": first, "other_row": other, "same": [True, False] * 3}
    )
    detected = np.array([True, True, True, False, True, True])
    frame = pair_predictions(pairs, detected, np.array([0.9, 0.1, 0.9, 0.1, 0.8, 0.2]))
    assert frame["detected"].tolist() == [True, True, False, True, True, True]
    assert frame["prediction"].fillna("none").tolist() == [
        "same",
        "different",
        "none",
        *["different", "same"],
        "different",
    ]
    assert frame["subject"].tolist()[2] == "fold-01"
    assert np.isnan(frame["score"][2])


def test_cosine_is_that_of_the_angle():
    """45 degrees, opposite, and no length."""
    first = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 0.0]])
    other = np.array([[1.0, 1.0], [-1.0, 0.0], [1.0, 1.0]])
    assert cosine(first, other) == pytest.approx([0.5**0.5, -1.0, 0.0])
