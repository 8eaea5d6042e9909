"""What tables of measured results share: rows of a task and a method, laid out as a grid with notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from engram.reporting.tables import Cell, View, bracketed
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import words_of
from engram.studies.general.evidence.metrics import Metric, metric_of
from engram.studies.general.task_plan import GeneralTask

__all__ = [
    "EMPTY",
    "count_cell",
    "grid_view",
    "number_cell",
    "result_rows",
    "value_cell",
    "word_cell",
]

EMPTY = Cell("–")
_ARROWS = {1: "↑", -1: "↓"}
_COLUMNS = [
    *["task", "dataset", "label", "metric", "method", "seeds", "n", "subjects"],
    *["value", "low", "high", "published"],
]


def result_rows(
    evidence: GeneralEvidence,
    tasks: Sequence[GeneralTask],
    headings: Mapping[str, str],
    printed: Callable[[tuple[str | None, str]], Any],
) -> pd.DataFrame:
    """Return one row a task and method that this run has.

    Columns: task (its name), dataset, label (what is predicted), metric, method (its name), seeds, n (test
    faces or pairs), subjects (folds, for pairs), value, low, high (percent, or the task's unit for MAE; means
    over seeds) and published (missing where the task is not the paper's own).

    Parameters
    ----------
    headings
        The methods in the order of the table, and what the paper's table calls them.
    printed
        From the published name of a task and such a heading to the printed figure, or None.
    """
    rows = []
    for item in tasks:
        found, scores = evidence.outcomes[item.name], evidence.scores[item.name]
        for method, heading in headings.items():
            if method not in scores:
                continue
            estimate, figure = scores.of(method), printed((item.published, heading))
            rows.append(
                {
                    "task": item.name,
                    "dataset": item.dataset,
                    "label": item.task,
                    "metric": metric_of(item).name,
                    "method": method,
                    "seeds": len(evidence.params.seeds),
                    "n": len(found.rows),
                    "subjects": len(np.unique(found.subjects)),
                    "value": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "published": float("nan") if figure is None else float(figure),
                }
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


def grid_view(
    caption: str,
    frame: pd.DataFrame,
    tasks: Sequence[GeneralTask],
    headings: Mapping[str, str],
    notes: list[str],
    left_out: Sequence[GeneralTask] = (),
) -> View:
    """Lay out `result_rows` with tasks down and methods across; the best of each row is bold.

    Tasks that could not be solved follow, a line each without numbers.
    """
    columns = [name for name in headings if name in set(frame["method"])]
    rows = []
    for item in tasks:
        metric, mine = metric_of(item), frame[frame["task"] == item.name]
        best = mine["value"].max() if metric.better > 0 else mine["value"].min()
        cells = {row.method: value_cell(row, best, metric) for row in mine.itertuples(index=False)}
        head = [Cell(item.title), Cell(f"{metric.name} {_ARROWS[metric.better]}")]
        rows.append([*head, *(cells.get(name, EMPTY) for name in columns)])
    empty = [EMPTY] * len(columns)
    rows += [[Cell(item.title), Cell("left out"), *empty] for item in left_out]
    header = [("task",), ("metric",), *((headings[name],) for name in columns)]
    return View(caption, header, rows, text_columns=2, notes=notes, wide=True, stacked=True)


def value_cell(row: Any, best: float, metric: Metric) -> Cell:
    """Return an entry with its interval and printed figure; bold if its value is ``best``."""
    write = f"{{:.{metric.digits}f}}".format
    printed = getattr(row, "published", float("nan"))
    beside = "" if pd.isna(printed) else f"({printed:.2f})"
    if pd.isna(row.value):
        return Cell("–", beside=beside)
    return Cell(write(row.value), row.value == best, bracketed(row.low, row.high, write), beside)


def number_cell(value: float, digits: int) -> Cell:
    """Return a number with a true minus, or a dash for a missing one."""
    return EMPTY if pd.isna(value) else Cell(f"{value:.{digits}f}".replace("-", "−"))


def count_cell(value: Any) -> Cell:
    """Return a count with thousands set apart, or a dash for a missing one."""
    return EMPTY if pd.isna(value) else Cell(f"{value:,}")


def word_cell(value: Any) -> Cell:
    """Return a label in words, or a dash for a missing one."""
    return Cell(words_of(value)) if isinstance(value, str) and value else EMPTY
