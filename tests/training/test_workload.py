"""Steps and batches: what a workload counts is what the training does."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engram.config import AugmentSettings, TrainingSettings
from engram.training.batches import ImageBatches, plain_batches
from engram.training.checkpoints import Checkpoint
from engram.training.device import Device
from engram.training.labelled_faces import Part, Subset
from engram.training.loop import fit
from engram.training.objective import Task
from engram.training.workload import Network, Workload, batch_slices

NETWORK = Network(kind="vgg", settings={"width": 0.0625})


class Counting(Task):
    """A training task that counts its training steps and keeps their batch sizes."""

    def __init__(self):
        super().__init__(nn.Linear(24 * 24, 2))
        self.sizes = []

    def forward(self, inputs, targets):
        """Return the loss of a batch."""
        self.sizes.append(len(inputs))
        return {"loss": self.network(inputs.flatten(1)).square().mean()}

    def measure(self, inputs, targets):
        """Return no score and no loss."""
        return 0.0, 0.0


@pytest.mark.parametrize("count", [1, 15, 16, 17, 18, 33, 40])
def test_the_loop_does_as_many_steps_as_the_workload_says(tmp_path, count):
    """With a last face alone, which joins the batch before it, and without one."""
    recipe = TrainingSettings(epochs=3, patience=3, batch_size=16)
    faces = np.random.default_rng(1).integers(0, 256, (count, 24, 24, 1), np.uint8)
    subset = Subset([Part(faces, np.arange(count), np.zeros(count, np.int64))])
    task = Counting()
    fit(
        task,
        ImageBatches(subset, recipe.batch_size, AugmentSettings(), seed=1),
        lambda: plain_batches(subset),
        recipe,
        device=Device(torch.device("cpu"), "fp32"),
        seed=1,
        checkpoint=Checkpoint(tmp_path, "fingerprint", 60.0),
    )
    workload = Workload.training(NETWORK, count, recipe)
    assert len(task.sizes) == workload.steps
    assert workload.batch <= max(task.sizes) <= workload.batch + 1
    assert sum(task.sizes) == 3 * count


def test_batches_of_a_small_set():
    """Worked out by hand: of 9 samples in batches of 4 the last joins, unless a batch of one is allowed."""
    assert batch_slices(9, 4) == [slice(0, 4), slice(4, 9)]
    assert batch_slices(9, 4, joins=False) == [slice(0, 4), slice(4, 8), slice(8, 9)]
    assert batch_slices(8, 4) == batch_slices(8, 4, joins=False) == [slice(0, 4), slice(4, 8)]
    assert batch_slices(1, 4) == [slice(0, 1)]


@given(st.integers(1, 200), st.integers(2, 32), st.booleans())
def test_batches_hold_every_sample_once(count, batch_size, joins):
    """They follow one another, none is empty, and none but the last is of another size."""
    slices = batch_slices(count, batch_size, joins=joins)
    sizes = [len(range(count)[each]) for each in slices]
    assert np.concatenate([np.arange(count)[each] for each in slices]).tolist() == list(range(count))
    assert set(sizes[:-1]) <= {batch_size}
    assert 1 <= sizes[-1] <= batch_size + joins
    assert not (joins and count > 1 and sizes[-1] == 1)


def test_processes_share_batches_or_passes():
    """Of 40 samples, two processes train on half of each batch and make half of the forward passes."""
    training = Workload.training(NETWORK, 40, TrainingSettings(epochs=2, batch_size=16))
    assert (training.steps, training.batch) == (6, 16)
    assert (training.shared(2).steps, training.shared(2).batch) == (6, 8)
    forward = Workload.forward(NETWORK, 130, times=2)
    assert (forward.steps, forward.batch) == (4, 128)
    assert (forward.shared(2).steps, forward.shared(2).batch) == (2, 128)
