"""Heads on subsets of the inputs: trained together they are what they are alone."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engram.config import HeadSettings, TrainingSettings
from engram.core.errors import TrainingError
from engram.studies.general.selection import masked_heads
from engram.studies.general.selection.masked_heads import MaskedHeads, train_masked_heads
from engram.training.device import Device
from engram.training.tasks import LabelSet

COLUMNS, ROWS = 9, 50
CPU = Device(torch.device("cpu"), "fp32")
GENDER = LabelSet("gender", ("female", "male"))


def recipe(epochs=6, dropout=0.2, **changes):
    training = TrainingSettings(
        **{"epochs": epochs, "patience": 3, "batch_size": 16, "learning_rate": 0.02, **changes}
    )
    return HeadSettings(hidden=6, dropout=dropout, training=training)


def data(labels, seed=0):
    """Return inputs, and targets that the second column tells."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    told = inputs[:, 1] + rng.normal(0, 0.1, ROWS)
    if labels.kind == "classification":
        targets = (told > 0).astype(np.int64)
    elif labels.kind == "regression":
        targets = told.astype(np.float32)
    else:
        targets = np.stack([told > 0, told > 0.5], 1).astype(np.float32)
        targets[::7, 1] = np.nan
    return torch.from_numpy(inputs), torch.from_numpy(targets)


def train(masks, labels=GENDER, head=None, seed=1):
    inputs, targets = data(labels)
    return train_masked_heads(
        np.asarray(masks, bool),
        (inputs[:30], targets[:30]),
        (inputs[30:40], targets[30:40]),
        inputs[40:],
        labels,
        head or recipe(),
        CPU,
        seed=seed,
    )


masks_of_heads = st.lists(
    st.lists(st.booleans(), min_size=COLUMNS, max_size=COLUMNS).filter(any), min_size=2, max_size=6
)


@settings(max_examples=15)
@given(masks=masks_of_heads)
def test_heads_trained_together_give_what_each_gives_alone(masks):
    """Whatever the subsets, up to the rounding of sums."""
    together = train(masks)
    for number, mask in enumerate(masks):
        alone = train([mask])
        np.testing.assert_allclose(together.outputs[number], alone.outputs[0], rtol=1e-3, atol=1e-4)
        assert together.validation[number] == pytest.approx(alone.validation[0])


@pytest.mark.long
@settings(max_examples=15)
@given(masks=masks_of_heads, limit=st.integers(1, 200))
def test_the_size_of_groups_changes_nothing(masks, limit):
    """Any limit on a group's weights gives the same heads, in the same order."""
    expected = train(masks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masked_heads, "_GROUP_WEIGHTS", limit)
        found = train(masks)
    np.testing.assert_allclose(found.outputs, expected.outputs, rtol=1e-3, atol=1e-4)


@settings(max_examples=30)
@given(masks=masks_of_heads, seed=st.integers(0, 9))
def test_outputs_and_gradients_are_those_of_plain_networks(masks, seed):
    """Against matrix products of each head on its own columns."""
    masks = np.asarray(masks, bool)
    network = MaskedHeads(masks, 6, 2, seed, CPU.torch_device)
    inputs, targets = data(GENDER)
    used = masks.any(0)
    inputs, masks = network.select(inputs), masks[:, used]
    keep = torch.from_numpy(np.random.default_rng(seed).integers(0, 2, (6, ROWS)).astype(np.float32))
    found, expected = list(network(inputs, keep)), []
    for head, mask in enumerate(masks):
        columns, layer = _first_layer(network, masks, head)
        assert columns == np.flatnonzero(mask).tolist()
        units = (inputs[:, columns] @ layer.T + network.weights[-3][head, :, 0]).relu() * keep.T
        expected.append(units @ network.weights[-2][head].T + network.weights[-1][head, :, 0])
    torch.testing.assert_close(found, expected)
    gradients, wanted = (
        torch.autograd.grad(sum(GENDER.loss(each, targets).mean() for each in outputs), list(network.weights))
        for outputs in (found, expected)
    )
    torch.testing.assert_close(gradients, wanted, rtol=1e-4, atol=1e-6)


def _first_layer(network, masks, head):
    """Return the columns that a head reads and its weights (hidden, columns)."""
    columns, parts = [], []
    for (heads, run), weight in zip(masked_heads._blocks(masks), network.weights, strict=False):
        if head in heads:
            columns += range(run.start, run.stop)
            parts.append(weight[heads.tolist().index(head)])
    return columns, torch.cat(parts, 1)


@pytest.mark.parametrize(
    "labels", [GENDER, LabelSet("age", (), 40.0, 10.0), LabelSet("attributes", ("hat", "beard"))]
)
def test_the_head_that_reads_the_telling_column_wins(labels):
    """For every kind of task, on validation and on what it answers."""
    masks = [[column == 1 for column in range(COLUMNS)], [column != 1 for column in range(COLUMNS)]]
    head = recipe(40, 0.0, patience=40)
    told, untold = (found := train(masks, labels, head)).validation
    assert told > untold
    outputs, truth = torch.from_numpy(found.outputs[0]), data(labels)[1][40:]
    chance = labels.scores(torch.zeros_like(outputs), truth).mean()
    assert labels.scores(outputs, truth).mean() > chance


def test_a_head_does_not_see_what_its_mask_leaves_out():
    """Other values there change nothing."""
    masks = np.array([[column > 4 for column in range(COLUMNS)]])
    inputs, targets = data(GENDER)
    changed = inputs.clone()
    changed[:, :5] = 100.0
    outputs = [
        train_masked_heads(
            masks, (x[:30], targets[:30]), (x[30:40], targets[30:40]), x[40:], GENDER, recipe(), CPU, seed=1
        ).outputs
        for x in (inputs, changed)
    ]
    np.testing.assert_array_equal(*outputs)


def test_patience_keeps_the_best_epoch():
    """After the best epoch nothing changes what is kept: more epochs of patience find no worse."""
    masks = np.ones((1, COLUMNS), bool)
    rash = train(masks, head=recipe(30, patience=1)).validation[0]
    patient = train(masks, head=recipe(30, patience=30)).validation[0]
    assert patient >= rash


def test_a_loss_that_is_not_finite_stops_it():
    """A rate far too high is named."""
    with pytest.raises(TrainingError, match="the loss is"):
        train(
            np.ones((2, COLUMNS), bool), LabelSet("age", (), 40.0, 10.0), recipe(30, 0.0, learning_rate=1e30)
        )
