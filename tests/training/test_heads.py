"""Heads trained at once against the same trained one by one, and against torch's own modules."""

import numpy as np
import pandas as pd
import pytest
import torch

from engram.config import ComputeSettings, TrainingSettings
from engram.core.errors import TrainingError
from engram.models.heads import mlp
from engram.models.perceptrons import Perceptrons
from engram.training.device import choose_device
from engram.training.heads import Head, standardiser, train_heads
from engram.training.tasks import LabelSet

RECIPE = TrainingSettings(epochs=6, patience=2, batch_size=16, learning_rate=0.02, weight_decay=0.01)


@pytest.fixture
def device():
    return choose_device(ComputeSettings(device="cpu", precision="fp32"), 1)


def labels_of(task):
    frame = pd.DataFrame({"gender": ["female"], "attr_hat": [1.0], "attr_beard": [0.0]})
    return LabelSet(task, (), 40.0, 12.0) if task == "age" else LabelSet.from_rows(task, frame)


def make_head(task="gender", seed=1, rows=70, columns=9, training=40, stream=0):
    """Return a head whose task two columns of noise tell; the last column never varies."""
    rng = np.random.default_rng(stream)
    inputs = rng.normal(3.0, 2.0, (rows, columns)).astype(np.float32)
    inputs[:, -1] = 5.0
    signal = inputs[:, :2] - 3.0
    targets = {
        "gender": (signal[:, 0] > 0).astype(np.int64),
        "age": signal[:, 0] / 2,
        "attributes": np.where(rng.random((rows, 2)) < 0.2, np.nan, signal > 0).astype(np.float32),
    }[task]
    known = np.flatnonzero(labels_of(task).labelled(targets))
    return Head(inputs, labels_of(task), targets, known[:training], known[training : training + 12], seed)


@pytest.mark.parametrize("task", ["gender", "age", "attributes"])
def test_heads_trained_at_once_are_those_trained_one_by_one(device, task):
    """Other seeds, other data, another number of faces or columns: each comes out as if alone."""
    heads = [
        make_head(task, seed=1),
        make_head(task, seed=2),
        make_head(task, seed=1, training=37, stream=1),
        make_head(task, seed=3, training=20),
        make_head(task, seed=3, columns=5),
    ]
    together = train_heads(heads, [8], 0.3, RECIPE, device)
    for head, trained in zip(heads, together, strict=True):
        (alone,) = train_heads([head], [8], 0.3, RECIPE, device)
        assert trained.epoch == alone.epoch
        assert trained.score == pytest.approx(alone.score, abs=1e-6)
        rows = np.arange(len(head.inputs))
        expected = alone.outputs(head.inputs, rows)
        np.testing.assert_allclose(trained.outputs(head.inputs, rows), expected, atol=1e-5)


def test_the_same_heads_come_out_to_the_byte(device):
    """Training twice gives equal outputs."""
    heads = [make_head(seed=1), make_head(seed=2)]
    first, second = (train_heads(heads, [8, 4], 0.3, RECIPE, device) for _ in range(2))
    rows = np.arange(20)
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.outputs(heads[0].inputs, rows), other.outputs(heads[0].inputs, rows))


@pytest.mark.parametrize("task", ["gender", "age", "attributes"])
def test_heads_learn(device, task):
    """After training the score of unseen rows is much better than that of a guess."""
    recipe = RECIPE.model_copy(update={"epochs": 40, "patience": 40})
    head = make_head(task, rows=400, training=300)
    (trained,) = train_heads([head], [16], 0.1, recipe, device)
    rows = np.setdiff1d(np.flatnonzero(head.labels.labelled(head.targets)), head.training)
    outputs = torch.from_numpy(trained.outputs(head.inputs, rows))
    score = head.labels.scores(outputs, torch.from_numpy(head.targets[rows])).mean()
    assert score > {"gender": 0.85, "age": -5.0, "attributes": -0.15}[task]


def test_the_score_is_that_of_the_kept_weights(device):
    """The validation score belongs to the weights that are returned, in the task's own unit."""
    head = make_head("age")
    (trained,) = train_heads([head], [8], 0.2, RECIPE, device)
    outputs = torch.from_numpy(trained.outputs(head.inputs, head.validation))
    expected = head.labels.scores(outputs, torch.from_numpy(head.targets[head.validation])).mean()
    assert trained.score == pytest.approx(float(expected), abs=1e-4)


def test_perceptrons_compute_what_torch_modules_compute():
    """Each of three perceptrons gives what `mlp` with its weights gives."""
    network = Perceptrons([5, 4, 3], [1, 2, 3])
    inputs = torch.randn(3, 6, 5)
    outputs = network(inputs)
    first, first_bias, second, second_bias = (value.detach() for value in network.parameters())
    for model in range(3):
        plain = mlp(5, 4, 3, 0.5).eval()
        values = [first[model].T, first_bias[model, 0], second[model].T, second_bias[model, 0]]
        for parameter, value in zip(plain.parameters(), values, strict=True):
            parameter.data = value
        torch.testing.assert_close(outputs[model], plain(inputs[model]))


def test_first_weights_are_drawn_as_torch_draws_them():
    """Uniform within one over the root of the number of inputs."""
    weight, bias, *_ = Perceptrons([400, 50, 3], [7]).parameters()
    for drawn in (weight, bias):
        assert drawn.abs().max() <= 1 / 20
    assert float(weight.detach().std()) == pytest.approx(1 / 20 / 3**0.5, rel=0.02)


def test_the_standardiser_leaves_out_columns_that_do_not_vary():
    """Mean and standard deviation are numpy's; a constant column gets the factor 0."""
    inputs = np.random.default_rng(0).normal(2.0, 3.0, (700, 3)).astype(np.float32)
    inputs[:, 2] = 0.1
    mean, scale = standardiser(inputs, np.arange(600))
    np.testing.assert_allclose(mean, inputs[:600].mean(0), rtol=1e-5)
    np.testing.assert_allclose(scale, [*(1 / inputs[:600, :2].std(0)), 0.0], rtol=1e-5)


def test_bad_rows_are_named(device):
    """No validation row, a row without a label, a value that is not finite: each stops with its cause."""
    head = make_head()
    for change, message in (
        ({"validation": np.array([], np.int64)}, "no detected validation face"),
        ({"targets": np.full(70, -1)}, "a training face has no label"),
        ({"inputs": np.full((70, 9), np.nan, np.float32)}, "column 0 .* not finite"),
    ):
        with pytest.raises(TrainingError, match=message):
            train_heads([Head(**{**vars(head), **change})], [8], 0.0, RECIPE, device)


def test_a_diverging_head_is_an_error(device):
    """A loss that is not finite says what to lower."""
    recipe = RECIPE.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(TrainingError, match=r"general\.head\.training.*Lower its learning_rate"):
        train_heads([make_head("age")], [8], 0.0, recipe, device)
