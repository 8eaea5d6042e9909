"""A student's training task and its batches."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engram.config import AugmentSettings
from engram.training.losses.unic import teacher_losses
from engram.training.teachers import DistillationBatches, DistillationTask
from tests.training.losses.references import SIZES, pair


def test_the_task_learns_from_the_kept_teachers_alone():
    """With chance 1 the loss is the mean of the largest losses, its gradient theirs; validation sees all."""
    ours, theirs = pair(2, sum(SIZES))
    ours.requires_grad_()

    class Given(nn.Module):
        def forward(self, inputs):
            return ours

    task = DistillationTask(Given(), lambda a, b: teacher_losses(a, b, SIZES), dropping=1.0)
    losses = teacher_losses(ours, theirs, SIZES)
    loss = task(torch.zeros(6), theirs)["loss"]
    assert loss.item() == pytest.approx(losses.amax(1).mean().item())
    (gradient,) = torch.autograd.grad(loss, ours)
    (expected,) = torch.autograd.grad(losses.amax(1).mean(), ours)
    assert torch.allclose(gradient, expected)
    with torch.inference_mode():
        score, summed = task.measure(torch.zeros(6), theirs)
    assert summed == pytest.approx(losses.mean(1).sum().item(), rel=1e-6)
    assert score == -summed


def _batches(count, batch_size, seed=3, settings=AugmentSettings(flip=False, shift=0)):  # noqa: B008
    faces = np.arange(4 * count * 24 * 24 * 3, dtype=np.uint32).reshape(-1, 24, 24, 3).astype(np.uint8)
    rows = np.random.default_rng(seed).permutation(4 * count)[:count]
    return faces, DistillationBatches(
        faces,
        rows,
        lambda chosen: np.stack([rows[chosen], chosen], axis=1).astype(np.float32),
        torch.from_numpy,
        batch_size=batch_size,
        settings=settings,
        seed=seed,
    )


@given(st.integers(2, 70), st.integers(2, 20))
def test_an_epoch_takes_every_face_once_with_its_own_target(count, batch_size):
    """Each face comes once, beside the target of its row, and no batch has a single face."""
    faces, batches = _batches(count, batch_size)
    seen = []
    for inputs, targets in batches.epoch(1):
        assert 2 <= len(inputs) <= batch_size + 1
        rows = targets[:, 0].numpy().astype(int)
        assert (inputs.numpy() == faces[rows]).all()
        seen += targets[:, 1].int().tolist()
    assert sorted(seen) == list(range(count)) == list(range(len(batches)))
    assert torch.cat([targets for _, targets in batches.plain()])[:, 1].tolist() == list(range(count))


def test_epochs_are_shuffled_and_repeat():
    """The same epoch of the same seed is the same; another epoch has another order."""
    _, batches = _batches(50, 8)
    order = [torch.cat([targets for _, targets in batches.epoch(number)]) for number in (1, 1, 2)]
    assert torch.equal(order[0], order[1])
    assert not torch.equal(order[0], order[2])


def test_training_faces_are_augmented_and_validation_faces_are_not():
    """Shifts change the pixels of an epoch; plain batches give the stored ones."""
    faces, batches = _batches(20, 8, settings=AugmentSettings(flip=True, shift=3))
    inputs, targets = next(batches.epoch(1))
    assert (inputs.numpy() != faces[targets[:, 0].int().numpy()]).any()
    inputs, targets = next(batches.plain())
    assert (inputs.numpy() == faces[targets[:, 0].int().numpy()]).all()
