"""Baselines: one answer for all, and a linear model on gradients that solves what is in the pixels."""

import numpy as np
import pandas as pd
import pytest
import torch

from engram.studies.general.targets.baselines import constant, gradients, linear, principal_gradients
from engram.studies.general.targets.protocols import Fold
from engram.training.tasks import LabelSet

RNG = np.random.default_rng(5)
COUNT = 60
#: Stripes along or across, in noise.
UPRIGHT = np.arange(COUNT) % 2 == 0
STRIPES = np.where(
    UPRIGHT[:, None, None], np.arange(48)[None, None] // 6 % 2, np.arange(48)[None, :, None] // 6 % 2
)
FACES = np.repeat((STRIPES * 120 + RNG.integers(0, 60, (COUNT, 48, 48)))[..., None], 3, axis=3).astype(
    np.uint8
)
FOLD = Fold(0, np.arange(30), np.arange(30, 40), np.arange(40, COUNT))
INDEX = pd.DataFrame(
    {
        "subject": [f"s{number}" for number in range(COUNT)],
        "gender": np.where(UPRIGHT, "female", "male"),
        "age": np.where(UPRIGHT, 20.0, 50.0) + RNG.normal(0, 1, COUNT),
        "attr_hat": np.where(np.arange(COUNT) % 7 == 3, np.nan, (~UPRIGHT).astype(float)),
    }
)


def prepared(task, index=INDEX):
    labels = LabelSet.from_rows(task, index.iloc[FOLD.training])
    return labels, labels.targets(index)


def test_the_constant_class_is_the_commonest_of_training():
    """Twenty of thirty training faces are male, so all are called that."""
    index = INDEX.assign(gender=np.where(np.arange(COUNT) % 3 == 0, "female", "male"))
    labels, targets = prepared("gender", index)
    solved = constant(labels, targets, FOLD, COUNT)
    assert (solved.outputs.argmax(1) == labels.names.index("male")).all()
    assert solved.score == pytest.approx((index["gender"].iloc[FOLD.validation] == "male").mean())


def test_the_constant_value_is_the_median_of_training():
    """The median makes the mean absolute error least."""
    labels, targets = prepared("age")
    values = labels.values(constant(labels, targets, FOLD, COUNT).outputs)
    np.testing.assert_allclose(values, INDEX["age"].iloc[FOLD.training].median(), rtol=1e-5)


def test_the_constant_attribute_is_the_commoner_value():
    """Missing labels do not count."""
    index = INDEX.assign(attr_hat=np.where(np.arange(COUNT) % 3 == 1, np.nan, np.arange(COUNT) % 3 == 0))
    index["attr_beard"] = np.where(np.arange(COUNT) % 5 == 0, 1.0, 0.0)
    labels, targets = prepared("attributes", index)
    outputs = constant(labels, targets, FOLD, COUNT).outputs
    assert labels.names == ("beard", "hat")
    assert (outputs[:, 0] < 0).all()
    known = index["attr_hat"].iloc[FOLD.training].dropna()
    assert np.sign(outputs[0, 1]) == np.sign(known.mean() - 0.5)
    assert outputs.shape == (COUNT, 2)


@pytest.mark.parametrize("task", ["gender", "age", "attributes"])
def test_gradients_tell_stripes_apart(task):
    """A linear model learns what lies in directions, of every kind of task, and never sees the test faces."""
    labels, targets = prepared(task)
    features = gradients(FACES, np.arange(COUNT))
    solved, plain = linear(labels, targets, FOLD, features), constant(labels, targets, FOLD, COUNT)
    known = FOLD.test[labels.labelled(targets)[FOLD.test]]
    scores = [
        labels.scores(torch.from_numpy(each.outputs[known]), torch.from_numpy(targets[known])).mean()
        for each in (solved, plain)
    ]
    assert scores[0] > scores[1] + 0.3
    hidden = np.where(np.isin(np.arange(COUNT), FOLD.test)[:, None], 0, features)
    again = linear(labels, targets, FOLD, hidden)
    np.testing.assert_allclose(again.outputs[FOLD.validation], solved.outputs[FOLD.validation], rtol=1e-5)


def test_faces_without_rows_have_no_gradients():
    """An undetected face is never looked at."""
    found = gradients(FACES, np.array([2, 5]))
    assert np.flatnonzero(found.any(axis=1)).tolist() == [2, 5]
    assert found.shape == (COUNT, 1764)


def test_components_are_no_more_than_the_faces_allow():
    """Of thirty faces 29 components are left."""
    features = gradients(FACES, np.arange(COUNT))
    assert principal_gradients(features, FOLD.training).shape == (COUNT, 29)


def test_a_class_that_one_fold_lacks_is_never_answered():
    """A fold whose training faces are all alike answers that."""
    labels, targets = prepared("gender", INDEX.assign(gender="male"))
    solved = linear(labels, targets, FOLD, gradients(FACES, np.arange(COUNT)))
    assert (solved.outputs.argmax(1) == labels.names.index("male")).all()
