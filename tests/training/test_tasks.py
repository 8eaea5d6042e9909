"""Label sets: targets, losses and scores of every kind of task against slow references."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engram.core.errors import TrainingError
from engram.core.labels import CLASSES
from engram.training.tasks import LabelSet, SolvingTask

INDEX = pd.DataFrame(
    {
        "subject": ["bo", "al", "bo", "cy"],
        "gender": ["male", None, "female", "male"],
        "age": [20.0, 40.0, np.nan, 60.0],
        "attr_hat": [1.0, 0.0, np.nan, np.nan],
        "attr_beard": [0.0, np.nan, np.nan, 1.0],
    }
)


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def test_classes_keep_their_order():
    """Targets are places in the one list of classes; -1 stands for no label."""
    labels = LabelSet.from_rows("gender", INDEX)
    assert labels.names == CLASSES["gender"]
    assert labels.outputs == 2
    targets = labels.targets(INDEX)
    assert targets.tolist() == [1, -1, 0, 1]
    assert targets.dtype == np.int64
    assert labels.labelled(targets).tolist() == [True, False, True, True]


def test_unknown_classes_have_no_target():
    """A word that is no class of the task is no label of it."""
    labels = LabelSet.from_rows("gender", INDEX)
    assert labels.targets(pd.DataFrame({"gender": ["Male", "", np.nan, "female"]})).tolist() == [
        -1,
        -1,
        -1,
        0,
    ]


def test_persons_are_those_trained_on():
    """In alphabetical order; a person not among them has no target."""
    labels = LabelSet.from_rows("identity", INDEX)
    assert labels.names == ("al", "bo", "cy")
    assert labels.targets(pd.DataFrame({"subject": ["cy", "di", "al"]})).tolist() == [2, -1, 0]


def test_a_regression_is_standardised_by_its_training_rows():
    """Mean 40 and deviation sqrt(800/3) of 20, 40, 60; answers come back in years."""
    labels = LabelSet.from_rows("age", INDEX)
    assert labels.centre == 40
    assert labels.scale == pytest.approx(math.sqrt(800 / 3))
    assert labels.outputs == 1
    targets = labels.targets(INDEX)
    np.testing.assert_allclose(targets, [-1.2247449, 0, np.nan, 1.2247449], rtol=1e-6)
    assert targets.dtype == np.float32
    assert labels.labelled(targets).tolist() == [True, True, False, True]
    known = targets[~np.isnan(targets)]
    np.testing.assert_allclose(labels.values(known[:, None]), [20, 40, 60], rtol=1e-6)


def test_equal_values_have_no_scale():
    """Where all training faces are of one age, another age is not infinitely far."""
    labels = LabelSet.from_rows("age", pd.DataFrame({"age": [33.3] * 7}))
    assert labels.scale == 1.0
    np.testing.assert_allclose(labels.targets(pd.DataFrame({"age": [35.3]})), [2.0], rtol=1e-6)


def test_attributes_stand_in_alphabetical_order():
    """A column for each; a row with any known attribute is labelled."""
    labels = LabelSet.from_rows("attributes", INDEX)
    assert labels.names == ("beard", "hat")
    targets = labels.targets(INDEX)
    np.testing.assert_array_equal(targets, [[0, 1], [np.nan, 0], [np.nan, np.nan], [1, np.nan]])
    assert targets.dtype == np.float32
    assert labels.labelled(targets).tolist() == [True, True, False, True]


def test_attributes_that_another_data_set_lacks_are_missing():
    """A label set serves a data set with some of its attributes only."""
    labels = LabelSet.from_rows("attributes", INDEX)
    np.testing.assert_array_equal(labels.targets(pd.DataFrame({"attr_hat": [1.0]})), [[np.nan, 1]])


@pytest.mark.parametrize("task", ["gender", "age", "identity", "attributes"])
def test_a_label_set_survives_its_header(task):
    """What a model file says is enough to read its outputs."""
    labels = LabelSet.from_rows(task, INDEX)
    assert LabelSet.from_header(labels.header()) == labels


@pytest.mark.parametrize("task", ["gender", "age", "identity", "attributes"])
def test_training_rows_without_a_label_are_refused(task):
    """Nothing can be learnt from them."""
    with pytest.raises(TrainingError, match=f"task '{task}': no training face has a label"):
        LabelSet.from_rows(task, INDEX.iloc[:0])


@pytest.mark.parametrize("task", ["expression", "pain", "attributes"])
def test_a_missing_column_is_named(task):
    """A data set that does not have the task at all."""
    with pytest.raises(TrainingError, match=f"task '{task}': the data set has no column"):
        LabelSet.from_rows(task, INDEX[["subject", "gender"]])


numbers = st.floats(-20, 20, width=32)


@given(st.lists(st.tuples(numbers, numbers, st.integers(0, 1)), min_size=1, max_size=8))
def test_classification_is_the_slow_reference(rows):
    """Cross-entropy by its definition, and the share of right answers."""
    labels = LabelSet.from_rows("gender", INDEX)
    outputs = torch.tensor([row[:2] for row in rows])
    targets = torch.tensor([row[2] for row in rows])
    slow = [math.log(sum(math.exp(value - row[row[2]]) for value in row[:2])) for row in rows]
    torch.testing.assert_close(labels.loss(outputs, targets), torch.tensor(slow), atol=1e-4, rtol=1e-4)
    right = [float((row[1] > row[0]) == row[2]) for row in rows]
    assert labels.scores(outputs, targets).tolist() == right


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8))
def test_regression_is_the_slow_reference(rows):
    """Half the square below 1 and the distance less a half beyond; scores in years."""
    labels = LabelSet("age", (), 40.0, 12.5)
    outputs, targets = torch.tensor([row[:1] for row in rows]), torch.tensor([row[1] for row in rows])
    distances = [abs(output - target) for output, target in rows]
    slow = [gap**2 / 2 if gap < 1 else gap - 0.5 for gap in distances]
    torch.testing.assert_close(labels.loss(outputs, targets), torch.tensor(slow), atol=1e-5, rtol=1e-5)
    years = torch.tensor([-12.5 * gap for gap in distances])
    torch.testing.assert_close(labels.scores(outputs, targets), years, atol=1e-4, rtol=1e-5)


attribute = st.tuples(numbers, st.sampled_from([0.0, 1.0, math.nan]))


@given(st.lists(st.tuples(attribute, attribute, attribute), min_size=1, max_size=8))
def test_attributes_are_the_slow_reference(rows):
    """The mean over the attributes that are known; the others count neither as right nor as wrong."""
    labels = LabelSet("attributes", ("a", "b", "c"))
    outputs, targets = (torch.tensor([[pair[part] for pair in row] for row in rows]) for part in (0, 1))
    losses, scores = [], []
    for row in rows:
        known = [(output, target) for output, target in row if not math.isnan(target)]
        odds = [sigmoid(output) if target else sigmoid(-output) for output, target in known]
        losses.append(-sum(map(math.log, odds)) / max(1, len(known)))
        wrong = [(output > 0) != (target == 1) for output, target in known]
        scores.append(-sum(wrong) / max(1, len(known)))
    torch.testing.assert_close(labels.loss(outputs, targets), torch.tensor(losses), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(labels.scores(outputs, targets), torch.tensor(scores))


def test_a_missing_attribute_sends_no_gradient():
    """What is not known teaches nothing, not even a number that is not finite."""
    labels = LabelSet("attributes", ("a", "b"))
    outputs = torch.zeros(1, 2, requires_grad=True)
    labels.loss(outputs, torch.tensor([[1.0, math.nan]])).sum().backward()
    assert outputs.grad.tolist() == [[-0.5, 0.0]]


@pytest.mark.parametrize("task", ["gender", "age", "identity", "attributes"])
def test_half_precision_outputs_lose_nothing_more(task):
    """Losses are computed in float32 whatever an autocast gave."""
    labels = LabelSet.from_rows(task, INDEX)
    index = INDEX.iloc[[0, 3]]
    targets = torch.from_numpy(labels.targets(index))
    outputs = torch.randn(2, labels.outputs, generator=torch.Generator().manual_seed(0)).bfloat16()
    loss = labels.loss(outputs, targets)
    assert loss.dtype == torch.float32
    assert torch.equal(loss, labels.loss(outputs.float(), targets))
    assert labels.scores(outputs, targets).dtype == torch.float32


@pytest.mark.parametrize("task", ["gender", "age", "identity", "attributes"])
def test_a_solving_task_sums_what_its_label_set_says(task):
    """The loss to minimise is the rows' mean; a measure is their sums."""
    labels = LabelSet.from_rows(task, INDEX)
    torch.manual_seed(0)
    solving = SolvingTask(nn.Linear(3, labels.outputs), labels)
    inputs, targets = torch.rand(2, 3), torch.from_numpy(labels.targets(INDEX.iloc[[0, 3]]))
    outputs = solving.network(inputs)
    found = solving(inputs, targets)
    torch.testing.assert_close(found["loss"], labels.loss(outputs, targets).mean())
    torch.testing.assert_close(found["outputs"], outputs)
    with torch.inference_mode():
        score, loss = solving.measure(inputs, targets)
    assert score == pytest.approx(labels.scores(outputs, targets).sum().item())
    assert loss == pytest.approx(2 * found["loss"].item())
