from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.data.synthetic.faces.fixed_point import (
    ONE,
    band,
    blob,
    curve,
    edge,
    ellipse,
    parabola,
    sine_cosine,
)
from engram.data.synthetic.faces.streams import Streams

GRID = np.arange(-320, 321, 8, dtype=np.int32)
X, Y = np.broadcast_arrays(GRID[None, None, :], GRID[None, :, None])


def _full(value: int) -> np.ndarray:
    return np.full((1, 1, 1), value, dtype=np.int32)


def test_edge():
    """A pixel is covered by half on an edge, wholly inside and not at all outside."""
    coverage = edge(np.array([-32, 0, 32], dtype=np.int32), np.int32(32))
    assert coverage.tolist() == [0, ONE // 2, ONE]


@given(angle=st.integers(-64, 64))
def test_sine_and_cosine(angle):
    """Sine and cosine are right to one part in 400 up to a quarter of a radian."""
    sine, cosine = sine_cosine(np.int32(angle))
    assert sine == pytest.approx(4096 * math.sin(angle / 256), abs=10)
    assert cosine == pytest.approx(4096 * math.cos(angle / 256), abs=10)


def test_ellipse_area():
    """An ellipse covers pi times the product of its radii."""
    area = int(ellipse(X, Y, _full(200), _full(120), _full(8)).sum()) * 64 // ONE
    assert area == pytest.approx(math.pi * 200 * 120, rel=0.02)


def test_blob_fades():
    """A blob is whole in its middle, fades outwards and ends at its radii."""
    spot = blob(X, Y, _full(160), _full(160))[0]
    row = spot[40, 40:]
    assert row[0] == ONE
    assert (np.diff(row) <= 0).all()
    assert not row[20:].any()


def test_band_area():
    """A stroke with a parabola's thickness covers 8/3 of half its length times half its thickness."""
    stroke = band(X, Y, _full(240), lambda t: curve(t, 0, 0, 0), lambda t: 60 * parabola(t) >> 8, _full(8))
    area = int(stroke.sum()) * 64 // ONE
    assert area == pytest.approx(8 / 3 * 240 * 60, rel=0.03)


def test_curve():
    """A curve passes through its middle, and at its ends adds slope and bow."""
    t = np.array([-ONE, 0, ONE], dtype=np.int32)
    assert curve(t, 10, 20, 30).tolist() == [20, 10, 60]


def test_streams_are_frozen():
    """A named stream gives the numbers that it always gave, whatever else is drawn."""
    streams = Streams(5, "wild")
    streams.integers("another", 0, 9, 3)
    assert streams.integers("scale", 0, 99, 6).tolist() == [64, 27, 92, 6, 64, 13]
    assert streams.bell("scale", -5, 5, 500).min() >= -5
    assert streams.chance("never", 0, 50).sum() == 0
    assert streams.chance("always", 1000, 50).sum() == 50
