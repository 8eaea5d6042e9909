"""What figures share."""

import math

import pytest

from engram.reporting.plots import in_percent


@pytest.mark.parametrize(
    ("interval", "shown"),
    [((12.0, 34.0), [12.0, 34.0]), ((-3.0, 20.0), [0.0, 20.0]), ((91.0, 104.0), [91.0, 100.0])],
)
def test_an_interval_of_a_percentage_ends_at_0_and_100(interval, shown):
    """A figure shows no accuracy that cannot be."""
    assert in_percent(*interval) == shown


def test_no_interval_stays_none():
    """Below five subjects there is none, and nothing is drawn."""
    assert all(math.isnan(end) for end in in_percent(math.nan, math.nan))
