"""The rows of a table of levels, which several studies print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from engram.reporting.cells import EMPTY, percent, points_cell
from engram.reporting.tables import Cell

__all__ = ["level_rows"]


def level_rows(
    frame: pd.DataFrame, model: Callable[[Any], str], data: Callable[[Any], str]
) -> list[list[Cell]]:
    """Return one row a line of `engram.studies.lineage.forgetting.levels`, grouped by model.

    Parameters
    ----------
    model, data
        What a line's model and its data are called. The model's name stands on the first of its rows only.
    """
    rows, last = [], None
    for line in frame.itertuples(index=False):
        trial = (line.source, line.target, line.strategy, line.fraction)
        rows.append(
            [
                Cell(model(line) if trial != last else ""),
                Cell(f"{line.level} of {line.levels}"),
                Cell(data(line)),
                _number(line.learned),
                _number(line.final),
                points_cell(line._asdict(), "forgetting") if line.level < line.levels else EMPTY,
            ]
        )
        last = trial
    return rows


def _number(value: float) -> Cell:
    return EMPTY if pd.isna(value) else Cell(percent(value))
