"""Reconstruction: every row once an epoch, the loss of equation 3, and figures checked by hand."""

import numpy as np
import pandas as pd
import pytest
import torch

from engram.core.errors import TrainingError
from engram.models.fusion_operators import Scale
from engram.studies.general.fusion import reconstruction
from engram.studies.general.fusion.reconstruction import (
    ReconstructionTask,
    ShuffledBatches,
    StandardisedRows,
    equal_weights,
    reconstruction_metrics,
    reconstruction_table,
    squared_errors,
)

ENCODERS = {"expression": 1, "age": 2}
SCALE = Scale(np.array([1, 2, 3], np.float32), np.array([2, 4, 8], np.float32))


class Stored:
    """Embeddings in memory that count how often they are read."""

    def __init__(self, count):
        self.values = np.arange(3 * count, dtype=np.float32).reshape(count, 3)
        self.reads = 0

    def rows(self, positions):
        """Return the rows at ``positions``."""
        self.reads += 1
        return self.values[positions]


@pytest.fixture(params=["kept", "streamed"])
def rows(request, monkeypatch):
    """Every second of 20,000 rows, in memory or read when asked for."""
    if request.param == "streamed":
        monkeypatch.setattr(reconstruction, "_RESIDENT_BYTES", 0)
    return StandardisedRows(Stored(20_000), np.arange(0, 20_000, 2), SCALE)


def test_rows_come_standardised(rows):
    """Row 3 of every second is row 6: values 18, 19, 20 less the mean, over the deviation."""
    assert np.array_equal(rows.take(np.array([3]))[0], [17 / 2, 17 / 4, 17 / 8])
    assert np.array_equal(np.concatenate(list(rows.blocks())), rows.take(np.arange(len(rows))))


def test_small_sets_are_read_once_and_large_ones_by_the_batch(rows, request):
    """What is kept is read when it is opened, what streams at every batch."""
    before = rows._embeddings.reads
    batches = len(list(ShuffledBatches(rows, 64, 1).epoch(1)))
    reads = 0 if request.node.callspec.params["rows"] == "kept" else batches
    assert rows._embeddings.reads - before == reads


def test_an_epoch_takes_every_row_once_in_another_order(rows):
    """Each row comes once an epoch; orders differ between epochs and are the same for a seed."""
    batches = ShuffledBatches(rows, 64, 1)
    first, second, again = (
        torch.cat([inputs for inputs, _ in batches.epoch(number)])[:, 0].numpy() for number in (1, 2, 1)
    )
    expected = rows.take(np.arange(len(rows)))[:, 0]
    assert np.array_equal(np.sort(first), expected)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, expected)


def test_a_small_set_is_shuffled_as_a_whole(rows):
    """Within a pool of blocks the first batch comes from everywhere in it."""
    small = StandardisedRows(rows._embeddings, np.arange(5000), SCALE)
    inputs, _ = next(ShuffledBatches(small, 256, 1).epoch(1))
    positions = (inputs[:, 0].numpy() * 2 + 1) / 3
    assert len(np.unique(positions // 500)) == 10


def test_the_loss_is_equation_3_over_the_number_of_values():
    """The sum over encoders of squared distances, divided by T, plus the weighted divergence."""

    class Network(torch.nn.Module):
        def forward(self, inputs):
            return inputs + torch.tensor([1.0, 2.0, 0.0]), torch.full((len(inputs),), 0.5)

    inputs = torch.zeros(4, 3)
    task = ReconstructionTask(Network(), kl=0.1)
    result = task(inputs, inputs)
    by_encoder = [1.0**2, 2.0**2 + 0.0**2]
    assert result["error"].item() == pytest.approx(sum(by_encoder) / 3)
    assert result["loss"].item() == pytest.approx(sum(by_encoder) / 3 + 0.05)
    assert task.measure(inputs, inputs) == pytest.approx((-4 * 5 / 3, 4 * (5 / 3 + 0.05)))


def test_balanced_weights_count_every_encoder_alike():
    """The mean over encoders of each one's mean squared error."""

    class Network(torch.nn.Module):
        def forward(self, inputs):
            return inputs + torch.tensor([2.0, 1.0, 1.0, 4.0]), torch.zeros(len(inputs))

    inputs = torch.zeros(5, 4)
    weights = equal_weights({"a": 1, "b": 3})
    assert weights.mean().item() == pytest.approx(1.0)
    task = ReconstructionTask(Network(), weights=weights)
    expected = (2.0**2 + (1.0**2 + 1.0**2 + 4.0**2) / 3) / 2
    assert task(inputs, inputs)["loss"].item() == pytest.approx(expected)
    assert task.measure(inputs, inputs) == pytest.approx((-5 * expected, 5 * expected))


def test_errors_are_means_within_each_encoder():
    """Against a loop over faces and encoders."""
    rng = np.random.default_rng(0)
    given, wanted = rng.standard_normal((2, 5, 6))
    encoders = {"a": 1, "b": 3, "c": 2}
    slow = [
        [np.mean((given[i, s] - wanted[i, s]) ** 2) for s in (slice(0, 1), slice(1, 4), slice(4, 6))]
        for i in range(5)
    ]
    assert np.allclose(squared_errors(given, wanted, encoders), slow)


def test_the_table_and_its_metrics():
    """Columns as agreed; an RMSE is the root of a column's mean, the average over encoders."""
    faces = pd.DataFrame({"row": [4, 9], "subject": ["a", "b"]}, index=[7, 8])
    table = reconstruction_table(np.array([[1.0, 4.0], [7.0, 14.0]]), faces, "ae", 3, ENCODERS)
    assert list(table) == ["row", "subject", "operator", "seed", "expression", "age"]
    assert table.iloc[1].tolist() == [9, "b", "ae", 3, 7.0, 14.0]
    metrics = reconstruction_metrics(table, ENCODERS)
    assert metrics == {"rmse/expression": 2.0, "rmse/age": 3.0, "rmse/average": 2.5}


def test_a_reconstruction_that_is_not_finite_is_refused():
    """An infinite error names operator and seed."""
    faces = pd.DataFrame({"row": [4], "subject": ["a"]})
    with pytest.raises(TrainingError, match="operator 'vae', seed 2"):
        reconstruction_table(np.array([[1.0, np.inf]]), faces, "vae", 2, ENCODERS)
