"""The accuracies in the order of the printed figures: a block a target, a row a strategy, source before
target, and a column for each fraction of the target's training subset.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from engram.reporting.cells import EMPTY, accuracy_cell
from engram.reporting.tables import Cell, Table, View
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import accuracy_notes
from engram.studies.memory.tables._cells import dataset_titles
from engram.studies.memory.tables.memory_integrity import integrity_table

__all__ = ["TABLE"]

_VALUES = {"accuracy": "", "low": "_low", "high": "_high", "published": "_printed"}


def slides_table(evidence: Evidence) -> pd.DataFrame:
    """Return a row a transfer and strategy, with its accuracies side by side.

    Columns: source, target, strategy, then for each side and fraction such as ``source_50`` the accuracy in
    percent, its ``_low``, ``_high`` and the ``_printed`` one; 0 is a strategy that does not see the target.
    """
    frame = integrity_table(evidence)
    rows: dict[tuple[str, ...], dict[str, float]] = {}
    for line in frame.itertuples(index=False):
        row = rows.setdefault((line.source, line.target, line.strategy), {})
        name = f"{line.evaluated_on}_{line.fraction}"
        row |= {name + end: getattr(line, column) for column, end in _VALUES.items()}
    columns = [name + end for name in _columns(evidence) for end in _VALUES.values()]
    keys = ("source", "target", "strategy")
    table = pd.DataFrame([dict(zip(keys, key, strict=True)) | row for key, row in rows.items()])
    return table.reindex(columns=[*keys, *columns])


def _columns(evidence: Evidence) -> list[str]:
    fractions = sorted({trial.fraction for trial in evidence.trials})
    return [f"{role}_{fraction}" for role in ("source", "target") for fraction in fractions]


def _slides_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    titles, columns = dataset_titles(evidence), _columns(evidence)
    rows: list[list[Cell]] = []
    for (source, target), part in frame.groupby(["source", "target"], sort=False):
        best = {role: part.filter(regex=rf"^{role}_\d+$").max(axis=None) for role in ("source", "target")}
        for place, line in enumerate(part.to_dict("records")):
            name = "" if place else f"{titles[source]} → {titles[target]}"
            cells = [_cell(line, column, best[column.partition("_")[0]]) for column in columns]
            rows.append([Cell(name), Cell(line["strategy"]), *cells])
    heads = [column.partition("_") for column in columns]
    return View(
        "Accuracy in percent, laid out as the printed figures are.",
        [("", "transfer"), ("", "strategy")]
        + [(f"on the {role}, with this much target data", f"{fraction} %") for role, _, fraction in heads],
        rows,
        text_columns=2,
        notes=accuracy_notes(
            bool(frame.filter(like="_printed").notna().any(axis=None)),
            evidence,
            bold="the best on the source and on the target of each transfer",
        ),
        wide=True,
        stacked=True,
    )


def _cell(line: dict[str, Any], column: str, best: float) -> Cell:
    if pd.isna(line[column]):
        return EMPTY
    values = {name: line[column + end] for name, end in _VALUES.items()}
    return accuracy_cell(pd.Series(values), best)


TABLE = Table(slides_table, _slides_view, keys=("source", "target", "strategy"))
