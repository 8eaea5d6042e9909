"""The cosine loss: known values and a slow reference."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engram.training.losses.cosine import cosine_loss
from tests.training.losses.references import SIZES, pair, slow_cosine


def test_the_cosine_loss_has_its_known_values():
    """The same direction costs 0 at any length, a right angle 1, the opposite 2."""
    student = torch.tensor([[3.0, 4.0], [1.0, 0.0], [0.0, 2.0]])
    teacher = torch.tensor([[6.0, 8.0], [0.0, 5.0], [0.0, -1.0]])
    assert cosine_loss(student, teacher).tolist() == pytest.approx([0.0, 1.0, 2.0], abs=1e-6)


@given(st.integers(0, 1000))
def test_it_equals_a_slow_reference(seed):
    """What plain loops over numbers give."""
    ours, theirs = pair(seed, sum(SIZES))
    expected = [slow_cosine(*row) for row in zip(ours.tolist(), theirs.tolist(), strict=True)]
    assert cosine_loss(ours, theirs).tolist() == pytest.approx(expected, abs=1e-5)
