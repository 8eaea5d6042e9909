"""The losses to several teachers against a slow reference, and teacher dropping."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engram.training.losses.unic import keep_teachers, teacher_losses
from tests.training.losses.references import SIZES, pair, slow_cosine, slow_smooth


@given(st.integers(0, 1000))
def test_it_equals_a_slow_reference(seed):
    """Each teacher's loss is what plain loops over numbers give."""
    ours, theirs = pair(seed, sum(SIZES))
    rows = list(zip(ours.tolist(), theirs.tolist(), strict=True))
    found = teacher_losses(ours, theirs, SIZES)
    assert found.shape == (6, 3)
    start = 0
    for number, size in enumerate(SIZES):
        parts = [(a[start : start + size], b[start : start + size]) for a, b in rows]
        expected = [(slow_cosine(*part) + slow_smooth(*part)) / 2 for part in parts]
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
