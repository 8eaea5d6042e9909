"""Forgetting at every level of each chain of stages."""

from __future__ import annotations

import pandas as pd

from engram.reporting.tables import Table, View
from engram.studies.lineage.forgetting import levels
from engram.studies.lineage.level_rows import level_rows
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import interval_note
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE"]


def _levels_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """One line a stage and data set, grouped by model; chains alone, if there are any."""
    names = dataset_titles(evidence)
    chains = frame[frame["levels"] > 2]
    shown = frame if chains.empty else chains
    rows = level_rows(
        shown,
        lambda line: f"{line.strategy}, {names[line.source]} → {names[line.target]}, {line.fraction} %",
        lambda line: names[line.dataset],
    )
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


TABLE = Table(levels, _levels_view, keys=("source", "target", "strategy", "fraction", "level", "dataset"))
