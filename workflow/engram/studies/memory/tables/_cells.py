"""Entries that several of the study's tables share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from engram.reporting.tables import Cell, bracketed
from engram.statistics.intervals import Estimate
from engram.studies.memory.collect import Evidence

__all__ = [
    "EMPTY",
    "accuracy_cell",
    "accuracy_columns",
    "by_strategy",
    "dataset_titles",
    "percent",
    "points",
    "points_cell",
]

EMPTY = Cell("–")


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
    printed = getattr(row, "published", float("nan"))
    beside = "" if pd.isna(printed) else f"({printed:.2f})"
    interval = bracketed(row.low, row.high, percent)
    return Cell(percent(row.accuracy), row.accuracy == best, interval, beside)


def points_cell(line: Any, name: str) -> Cell:
    if pd.isna(line[name]):
        return EMPTY
    low, high = (line[f"{name}_{end}"] for end in ("low", "high"))
    return Cell(points(line[name]), interval=bracketed(low, high, points))


def percent(value: float) -> str:
    return f"{value:.1f}"


def points(value: float) -> str:
    """Write a difference with one digit, a true minus, and no minus on a rounded zero."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")


def dataset_titles(evidence: Evidence) -> dict[str, str]:
    return {name: settings.title for name, settings in evidence.settings.datasets.items()}


def accuracy_columns(estimate: Estimate) -> dict[str, float]:
    return {"accuracy": estimate.value, "low": estimate.low, "high": estimate.high}
