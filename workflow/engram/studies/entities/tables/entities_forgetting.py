"""What each strategy forgets of the source, and gains on the target over a model of the target alone, in
points, with paired intervals.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY, by_strategy, points_cell
from engram.reporting.tables import Cell, Table, View
from engram.reporting.words import listed
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import drawn_notes, interval_note
from engram.studies.entities.tables._cells import TRIAL, arrow
from engram.studies.lineage.forgetting import forgetting

__all__ = ["TABLE"]

_KINDS = ("forgetting", "gain")


def _forgetting_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Forgetting and gain of each transfer, strategies and fractions down."""
    transfers = list(frame[["source", "target"]].drop_duplicates().itertuples(index=False, name=None))
    shown = frame[frame[[*_KINDS]].notna().any(axis=1)]
    lines = {tuple(line[name] for name in TRIAL): line for line in shown.to_dict("records")}

    def entries(strategy: str, fraction: int) -> list[Cell]:
        found = [lines.get((*pair, strategy, fraction)) for pair in transfers]
        return [EMPTY if line is None else points_cell(line, kind) for line in found for kind in _KINDS]

    unlearnt = dict.fromkeys(one.strategy for one in evidence.trials if not one.learnt_source)
    first = evidence.study.strategies[0]
    return View(
        caption="Forgetting of the source and gain on the target, in points of F1.",
        header=[("", "strategy"), ("", "target data")]
        + [(arrow(*pair, evidence), kind) for pair in transfers for kind in _KINDS],
        rows=by_strategy(shown, entries),
        text_columns=2,
        notes=[
            f"Forgetting is the score of {first} on the source minus the model's, gain the model's on the "
            "target minus that of a model of the target alone, at the same fraction. Negative forgetting: "
            "the source got easier.",
            *([f"{listed(unlearnt)}: never trained on the source."] if unlearnt else []),
            interval_note(evidence, paired=True),
            *drawn_notes(evidence),
        ],
        wide=True,
        stacked=True,
    )


TABLE = Table(forgetting, _forgetting_view, keys=TRIAL)
