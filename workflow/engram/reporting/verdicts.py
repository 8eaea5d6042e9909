"""Verdicts: what the intervals of differences say of a claim, on average and everywhere.

*Everywhere* uses partial conjunctions (Benjamini and Heller 2008): r of n comparisons are shown to hold if
the r-th smallest p value times n - r + 1 is at most the level. For r = n every comparison must be
significant by itself; for r = 1 it is Bonferroni's rule, the first step of Holm's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan, nan
from typing import Protocol

from engram.statistics.crossed import Estimate

__all__ = ["VERDICTS", "Difference", "Interval", "everywhere", "is_claimed", "p_values", "verdict"]

#: What a comparison or a claim can come to. "no verdict": there is a difference, but no interval of it.
VERDICTS = ("holds", "does not hold", "undecided", "no verdict", "not tested")

#: Confidence -> the interval of one difference at that confidence.
Interval = Callable[[float], Estimate]


class Difference(Protocol):
    """A difference of two values, such as `engram.statistics.crossed.Effect`."""

    @property
    def value(self) -> float:
        """The difference itself."""

    def interval(self, confidence: float = 0.95) -> Estimate:
        """Return it with its interval."""

    def __mul__(self, factor: float) -> Difference:
        """Return it times a number, in another unit or turned round."""


def verdict(relation: str, low: float, high: float, margin: float = 0.0, better: int = 1) -> str:
    """Judge one comparison by the interval [low, high] of left minus right.

    ``better`` is -1 where less is better. It holds if the whole interval lies on the claimed side
    (``within``: inside the margin; ``not_worse``: above the margin below zero, as in a test of
    non-inferiority), does not hold if the whole interval lies on the other side, and is undecided
    otherwise. Without an interval (NaN) there is no verdict.
    """
    if isnan(low) or isnan(high):
        return "no verdict"
    if _sign(relation, better) < 0:
        low, high = -high, -low
    if relation == "within":
        inside, outside = -margin <= low and high <= margin, low > margin or high < -margin
    else:
        least = -margin if relation == "not_worse" else 0
        inside, outside = low > least, high < least
    return "holds" if inside else "does not hold" if outside else "undecided"


def p_values(relation: str, interval: Interval, margin: float = 0.0, better: int = 1) -> tuple[float, float]:
    """Return the p values for the claim and against it: one minus the confidence up to which each is shown.

    Both are two-sided, as intervals are: at the level 0.05 they decide where the 95 % interval does.
    NaN where there is no interval.
    """
    return (
        _p_value(relation, interval, margin, better, "holds"),
        _p_value(relation, interval, margin, better, "does not hold"),
    )


def everywhere(for_it: Sequence[float], against: Sequence[float], fraction: float, level: float) -> str:
    """Judge a claim by the p values of all its comparisons; see the module.

    Parameters
    ----------
    for_it, against
        Of each comparison; NaN where it has no interval: that shows nothing either way.
    fraction
        More than this fraction of the comparisons must hold; 1 asks for all.
    level
        One minus the confidence.
    """
    number = len(for_it)
    if all(isnan(p) for p in for_it):
        return "no verdict"
    needed = number if fraction == 1 else int(fraction * number) + 1
    if _shown(for_it, needed, level):
        return "holds"
    return "does not hold" if _shown(against, number - needed + 1, level) else "undecided"


def is_claimed(relation: str, difference: float, margin: float = 0.0, better: int = 1) -> bool:
    """Return whether a difference goes in the claimed direction, whatever its interval."""
    if relation == "within":
        return abs(difference) <= margin
    return _sign(relation, better) * difference > (-margin if relation == "not_worse" else 0)


def _sign(relation: str, better: int) -> int:
    return {"less": -1, "better": better, "not_worse": better, "worse": -better}.get(relation, 1)


def _shown(p_values: Sequence[float], needed: int, level: float) -> bool:
    """Return whether at least so many of the hypotheses are shown to be false."""
    ordered = sorted(1.0 if isnan(p) else p for p in p_values)
    return ordered[needed - 1] * (len(ordered) - needed + 1) <= level


def _p_value(relation: str, interval: Interval, margin: float, better: int, wanted: str) -> float:
    """Return the smallest level at which the interval gives the wanted verdict, by bisection."""

    def found(level: float) -> str:
        estimate = interval(1 - level)
        return verdict(relation, estimate.low, estimate.high, margin, better)

    low, high = 1e-9, 1 - 1e-9
    first = found(high)
    if first == "no verdict":
        return nan
    if first != wanted:
        return 1.0
    if found(low) == wanted:
        return low
    while high / low > 1.000001:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if found(middle) == wanted else (middle, high)
    return high
