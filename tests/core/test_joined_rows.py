"""Tests of `engram.core.arrays.JoinedRows`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.arrays import JoinedRows


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any), st.data())
def test_rows_are_those_of_the_arrays_one_after_another(sizes, data):
    """Any rows, in any order and repeated, are those of the concatenation."""
    whole = np.arange(sum(sizes) * 6, dtype=np.uint8).reshape(-1, 2, 3)
    joined = JoinedRows(np.split(whole, np.cumsum(sizes)[:-1]))
    rows = np.array(data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=9)), dtype=np.int64)
    assert len(joined) == len(whole)
    assert (joined[rows] == whole[rows]).all()
    assert joined[rows].shape == (len(rows), 2, 3)


def test_arrays_that_do_not_fit_are_refused():
    """Another type or another shape of a row."""
    with pytest.raises(ValueError, match="differ in type or shape"):
        JoinedRows([np.zeros((2, 3), np.uint8), np.zeros((2, 4), np.uint8)])
    with pytest.raises(ValueError, match="differ in type or shape"):
        JoinedRows([np.zeros((2, 3), np.uint8), np.zeros((2, 3), np.float32)])
