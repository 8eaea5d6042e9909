"""Forgetting at every level of each chain of stages."""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY, points_cell
from engram.reporting.tables import Cell, Table, View
from engram.studies.lineage.forgetting import levels
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import interval_note
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE"]


def _levels_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """One line a stage and data set, grouped by model; chains alone, if there are any."""
    names = dataset_titles(evidence)
    chains = frame[frame["levels"] > 2]
    shown = frame if chains.empty else chains
    rows, last = [], None
    for line in shown.itertuples(index=False):
        trial = (line.source, line.target, line.strategy, line.fraction)
        model = f"{line.strategy}, {names[line.source]} → {names[line.target]}, {line.fraction} %"
        rows.append(
            [
                Cell(model if trial != last else ""),
                Cell(f"{line.level} of {line.levels}"),
                Cell(names[line.dataset]),
                Cell(_number(line.learned)),
                Cell(_number(line.final)),
                points_cell(line._asdict(), "forgetting") if line.level < line.levels else EMPTY,
            ]
        )
        last = trial
    return View(
        caption="What is left of each stage's data when the last stage is done.",
        header=[
            ("model",),
            ("stage",),
            ("data set",),
            ("when learned, %",),
            ("at the end, %",),
            ("forgetting, points",),
        ],
        rows=rows,
        text_columns=3,
        notes=[
            "Accuracy on the test subset of the stage's data set, just after that stage and at the end. "
            "Where the last network has no head for a data set's classes there is no final accuracy.",
            *(["Models of two stages are in the CSV file."] if len(shown) < len(frame) else []),
            interval_note(evidence, paired=True),
        ],
    )


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1f}"


TABLE = Table(levels, _levels_view, keys=("source", "target", "strategy", "fraction", "level", "dataset"))
