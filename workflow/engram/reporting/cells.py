"""Entries that the tables of several studies share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from engram.reporting.tables import Cell, bracketed
from engram.statistics.crossed import Estimate

__all__ = [
    "EMPTY",
    "NONE",
    "accuracy_cell",
    "accuracy_columns",
    "by_strategy",
    "percent",
    "points",
    "points_cell",
    "signed",
    "spread",
    "value_cell",
]

EMPTY = Cell("–")
#: Of what was not measured.
NONE = Estimate(float("nan"), float("nan"), float("nan"))


def by_strategy(frame: pd.DataFrame, entries: Callable[[str, int], list[Cell]]) -> list[list[Cell]]:
    """Return one row a strategy and fraction, the strategy's name on the first of its rows only."""
    rows, last = [], None
    for strategy, fraction in frame[["strategy", "fraction"]].drop_duplicates().itertuples(index=False):
        name = strategy if strategy != last else ""
        data = Cell(f"{fraction} %") if fraction else EMPTY
        rows.append([Cell(name), data, *entries(strategy, fraction)])
        last = strategy
    return rows


def accuracy_cell(row: Any, best: float) -> Cell:
    """Return an accuracy in percent with its interval, and the printed one beside it if there is one."""
    return value_cell(row.accuracy, row.low, row.high, best, getattr(row, "published", float("nan")))


def value_cell(
    value: float, low: float, high: float, best: float = float("nan"), printed: float = float("nan")
) -> Cell:
    """Return a number in percent with its interval, bold if it is the best, a printed one beside it."""
    if pd.isna(value):
        return EMPTY if pd.isna(printed) else Cell("–", beside=f"({printed:.2f})")
    beside = "" if pd.isna(printed) else f"({printed:.2f})"
    return Cell(percent(value), value == best, bracketed(low, high, percent), beside)


def points_cell(line: Any, name: str) -> Cell:
    """Return the difference in a column with its interval, in points; a dash if there is none."""
    if pd.isna(line[name]):
        return EMPTY
    low, high = (line[f"{name}_{end}"] for end in ("low", "high"))
    return Cell(points(line[name]), interval=bracketed(low, high, points))


def percent(value: float) -> str:
    """Write a number with one digit; the end of an interval may be below zero."""
    return f"{value:.1f}".replace("-", "−")


def points(value: float) -> str:
    """Write a difference with one digit, a true minus, and no minus on a rounded zero."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")


def signed(line: Any, name: str) -> str:
    """Write the difference in a column with its sign and interval."""
    value = line[name]
    sign = "+" if round(value, 1) > 0 else ""
    interval = bracketed(line[f"{name}_low"], line[f"{name}_high"], points)
    return f"{sign}{points(value)} {interval}".strip()


def accuracy_columns(estimate: Estimate) -> dict[str, float]:
    """Return an accuracy and its interval as columns."""
    return {"accuracy": estimate.value, "low": estimate.low, "high": estimate.high}


def spread(name: str, estimate: Estimate) -> dict[str, float]:
    """Return a value and its interval as the columns ``name``, ``name_low`` and ``name_high``."""
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
