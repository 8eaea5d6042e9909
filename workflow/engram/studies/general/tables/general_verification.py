"""Verification at every threshold: accuracy, area under the ROC curve, and the true accept rate (TAR) at
false accept rates (FAR) of 1e-2 and 1e-3, with intervals over folds and seeds.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from engram.reporting.tables import Cell, Table, View, bracketed
from engram.statistics.intervals import PERCENT
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.notes import (
    interval_note,
    left_out_notes,
    protocol_notes,
    stand_in_notes,
)
from engram.studies.general.evidence.verification_scores import MEASURES, verification_effects, verified_tasks
from engram.studies.general.methods import HEADINGS
from engram.studies.general.tables._results import EMPTY

__all__ = ["TABLE", "verification_frame"]

_COLUMNS = [
    *["task", "dataset", "method", "measure", "seeds", "n", "different", "folds"],
    *["value", "low", "high"],
]


def verification_frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return one row a task that is solved by pairs, method and measure.

    Columns: task (its name), dataset, method, measure (of `MEASURES`), seeds, n
    (pairs), different (pairs of two subjects), folds, value, low, high (percent). A rate that needs more
    pairs of two subjects than there are has no row.
    """
    rows = []
    for item in verified_tasks(evidence):
        pairs = evidence.pair_scores(item)
        for measure, effects in verification_effects(evidence, item).items():
            for method, effect in effects.items():
                estimate = effect.interval(evidence.params.evidence.confidence).within(*PERCENT)
                rows.append(
                    {
                        "task": item.name,
                        "dataset": item.dataset,
                        "method": method,
                        "measure": measure,
                        "seeds": len(evidence.params.seeds),
                        "n": len(pairs.same),
                        "different": int((~pairs.same).sum()),
                        "folds": len(set(pairs.fold.tolist())),
                        "value": estimate.value,
                        "low": estimate.low,
                        "high": estimate.high,
                    }
                )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    measures = [name for name in MEASURES if name in set(frame["measure"])]
    rows = []
    for item in verified_tasks(evidence):
        mine = frame[frame["task"] == item.name]
        best = mine.groupby("measure")["value"].max()
        for place, method in enumerate(name for name in HEADINGS if name in set(mine["method"])):
            found = mine[mine["method"] == method].set_index("measure")
            cells = [
                _cell(found.loc[name], best[name]) if name in found.index else EMPTY for name in measures
            ]
            rows.append([Cell(item.title if place == 0 else ""), Cell(HEADINGS[method]), *cells])
    return View(
        "Verification of pairs of faces, beyond accuracy, in percent.",
        [("task",), ("method",), *((MEASURES[name],) for name in measures)],
        rows,
        text_columns=2,
        notes=_notes(frame, evidence),
        wide=True,
        stacked=True,
    )


def _cell(row: Any, best: float) -> Cell:
    write = "{:.1f}".format
    return Cell(write(row["value"]), row["value"] == best, bracketed(row["low"], row["high"], write))


def _notes(frame: pd.DataFrame, evidence: GeneralEvidence) -> list[str]:
    sizes = frame.drop_duplicates("task").set_index("task")
    titles = {item.name: item.title for item in verified_tasks(evidence)}
    counts = [
        f"{titles[name]} {row.n:,} pairs, {row.different:,} of them of two subjects, in {row.folds} folds"
        for name, row in sizes.iterrows()
    ]
    return [
        "AUC: the area under the ROC curve. TAR: the fraction of pairs of one subject that the threshold "
        "accepts which accepts at most that fraction (FAR) of the pairs of two subjects, where these are "
        "enough. All pairs together make a curve; a pair with an undetected face is never accepted.",
        f"Tested on: {'; '.join(counts)}." if counts else "No task is solved by pairs.",
        interval_note(evidence, "Folds take the place of subjects: no subject stands in two (jackknife)."),
        *protocol_notes(evidence, ["pairs"]),
        *left_out_notes(evidence, "target"),
        *stand_in_notes(evidence),
    ]


TABLE = Table(verification_frame, _view, keys=("task", "method", "measure"))
