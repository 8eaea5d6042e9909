"""Distillation: every loss against a slow reference, teacher dropping, and the batches."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engram.config import AugmentSettings
from engram.training.distillation import (
    DistillationTask,
    TaughtBatches,
    cosine_loss,
    keep_teachers,
    reconstruction_loss,
    teacher_losses,
)

SIZES = [3, 5, 2]


def _pair(seed, columns):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(6, columns, generator=generator), torch.randn(6, columns, generator=generator)


def _slow_cosine(ours, theirs):
    dot = sum(a * b for a, b in zip(ours, theirs, strict=True))
    lengths = math.sqrt(sum(a * a for a in ours)) * math.sqrt(sum(b * b for b in theirs))
    return 1 - dot / lengths


def _slow_smooth(ours, theirs):
    gaps = [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
    return sum(gap**2 / 2 if gap < 1 else gap - 0.5 for gap in gaps) / len(gaps)


def test_the_cosine_loss_has_its_known_values():
    """The same direction costs 0 at any length, a right angle 1, the opposite 2."""
    student = torch.tensor([[3.0, 4.0], [1.0, 0.0], [0.0, 2.0]])
    teacher = torch.tensor([[6.0, 8.0], [0.0, 5.0], [0.0, -1.0]])
    assert cosine_loss(student, teacher).tolist() == pytest.approx([0.0, 1.0, 2.0], abs=1e-6)


@given(st.integers(0, 1000))
def test_losses_equal_slow_references(seed):
    """Cosine, reconstruction and each teacher's loss are what plain loops over numbers give."""
    ours, theirs = _pair(seed, sum(SIZES))
    rows = list(zip(ours.tolist(), theirs.tolist(), strict=True))
    assert cosine_loss(ours, theirs).tolist() == pytest.approx([_slow_cosine(*r) for r in rows], abs=1e-5)
    squares = [sum((a - b) ** 2 for a, b in zip(*row, strict=True)) / sum(SIZES) for row in rows]
    assert reconstruction_loss(ours, theirs).tolist() == pytest.approx(squares, rel=1e-4)
    found = teacher_losses(ours, theirs, SIZES)
    assert found.shape == (6, 3)
    start = 0
    for number, size in enumerate(SIZES):
        parts = [(a[start : start + size], b[start : start + size]) for a, b in rows]
        expected = [(_slow_cosine(*part) + _slow_smooth(*part)) / 2 for part in parts]
        assert found[:, number].tolist() == pytest.approx(expected, abs=1e-5)
        start += size


@given(st.integers(0, 1000), st.floats(0, 1))
def test_the_hardest_teacher_always_stays(seed, chance):
    """Whatever the chance, each face keeps the teacher of its largest loss."""
    torch.manual_seed(seed)
    losses = torch.rand(40, 4)
    kept = keep_teachers(losses, chance)
    assert kept[torch.arange(40), losses.argmax(1)].all()


def test_teachers_are_dropped_with_their_chance():
    """At 0 all stay, at 1 the hardest alone; at 0.3 each other one in 0.3 of the faces."""
    torch.manual_seed(1)
    losses = torch.rand(20000, 4)
    assert keep_teachers(losses, 0.0).all()
    assert (keep_teachers(losses, 1.0).sum(1) == 1).all()
    dropped = (~keep_teachers(losses, 0.3)).float().sum(0) / (
        losses.argmax(1) != torch.arange(4)[:, None]
    ).sum(1)
    assert dropped.tolist() == pytest.approx([0.3] * 4, abs=0.015)


def test_the_task_learns_from_the_kept_teachers_alone():
    """With chance 1 the loss is the mean of the largest losses, its gradient theirs; validation sees all."""
    ours, theirs = _pair(2, sum(SIZES))
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


def _batches(count, batch_size, seed=3):
    faces = np.arange(4 * count * 24 * 24 * 3, dtype=np.uint32).reshape(-1, 24, 24, 3).astype(np.uint8)
    rows = np.random.default_rng(seed).permutation(4 * count)[:count]
    return faces, TaughtBatches(
        faces,
        rows,
        lambda chosen: np.stack([rows[chosen], chosen], axis=1).astype(np.float32),
        torch.from_numpy,
        batch_size=batch_size,
        settings=AugmentSettings(flip=False, shift=0),
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
    faces, batches = _batches(20, 8)
    batches._settings = AugmentSettings(flip=True, shift=3)
    inputs, targets = next(batches.epoch(1))
    assert (inputs.numpy() != faces[targets[:, 0].int().numpy()]).any()
    inputs, targets = next(batches.plain())
    assert (inputs.numpy() == faces[targets[:, 0].int().numpy()]).all()
