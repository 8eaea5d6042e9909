"""The reconstruction loss against a slow reference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.training.losses.reconstruction import reconstruction_loss
from tests.training.losses.references import SIZES, pair


@given(st.integers(0, 1000))
def test_it_equals_a_slow_reference(seed):
    """What plain loops over numbers give."""
    ours, theirs = pair(seed, sum(SIZES))
    rows = list(zip(ours.tolist(), theirs.tolist(), strict=True))
    squares = [sum((a - b) ** 2 for a, b in zip(*row, strict=True)) / sum(SIZES) for row in rows]
    assert reconstruction_loss(ours, theirs).tolist() == pytest.approx(squares, rel=1e-4)
