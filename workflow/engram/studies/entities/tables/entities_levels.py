"""What is kept of each level: the score on the data of every stage just after it, and at the end of the
chain.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.tables import Table, View
from engram.statistics.span_predictions import MEASURES
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import drawn_notes, interval_note, titles
from engram.studies.entities.tables._cells import TRIAL, arrow
from engram.studies.lineage.forgetting import levels
from engram.studies.lineage.level_rows import level_rows

__all__ = ["TABLE", "levels_table"]

_WORDS = {
    "f1": "F1",
    "accuracy": "accuracy of tokens",
    "words": "masked words recovered",
    "sentences": "sentence pairs told apart",
}


def levels_table(evidence: Evidence) -> pd.DataFrame:
    """Return what each model kept of each stage's data; see `engram.studies.lineage.forgetting.levels`.

    With the column ``measure``; unlabelled text has two, masked words and pairs of sentences.
    """
    kinds = {name: MEASURES[text.kind] for name, text in evidence.settings.texts.items()}
    first = levels(evidence)
    frames = [first.assign(measure=first["dataset"].map(kinds))]
    if "language" in {text.kind for text in evidence.settings.texts.values()}:
        pairs = levels(evidence.by("sentences"))
        frames.append(pairs[pairs["learned"].notna()].assign(measure="sentences"))
    frame = pd.concat(frames)
    # What a stage could not be scored on: a level that learnt one objective lacks the measure of the other.
    frame = frame[frame["learned"].notna() | frame["measure"].isin(("f1", "accuracy"))]
    return frame.sort_index(kind="stable", ignore_index=True)


def _levels_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """One line a stage, text and measure, grouped by model; chains and language alone, if there are any."""
    names = titles(evidence)
    chains = frame[(frame["levels"] > 2) | frame.groupby("lineage")["measure"].transform(_has_language)]
    shown = frame if chains.empty else chains
    shown = shown[shown["fraction"] == shown["fraction"].max()]
    rows = level_rows(
        shown,
        lambda line: f"{line.strategy}, {arrow(line.source, line.target, evidence)}",
        lambda line: f"{names[line.dataset]}, {_WORDS[line.measure]}",
    )
    return View(
        caption="What is kept of each level when the last one is done.",
        header=[
            ("model",),
            ("level",),
            ("text and measure",),
            ("when learned, %",),
            ("at the end, %",),
            ("forgetting, points",),
        ],
        rows=rows,
        text_columns=3,
        notes=[
            "Score on the test subset of the level's text, just after that level and at the end. Where the "
            "last network has no head for a text there is no final score.",
            "Models of two levels and smaller fractions of the target are in the CSV file.",
            interval_note(evidence, paired=True),
            *drawn_notes(evidence),
        ],
    )


def _has_language(measures: pd.Series) -> bool:
    return bool(measures.isin(("words", "sentences")).any())


TABLE = Table(levels_table, _levels_view, keys=(*TRIAL, "level", "dataset", "measure"))
