"""Operators that combine the source embeddings, or choose the best of them by validation, on every target
task.

Table 6 of Vielzeuf et al. (2019).
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.tables import Table, View
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import COMBINED
from engram.studies.general.evidence.notes import (
    interval_note,
    left_out_notes,
    left_out_tasks,
    metric_note,
    printed_note,
    protocol_notes,
    sizes_note,
    stand_in_notes,
)
from engram.studies.general.printed import read_printed
from engram.studies.general.tables._results import grid_view, result_rows

__all__ = ["TABLE"]


def _frame(evidence: GeneralEvidence) -> pd.DataFrame:
    printed = read_printed("operators").set_index("knowledge").stack()
    return result_rows(evidence, evidence.targets, COMBINED, printed.get)


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    notes = [
        "Heads on frozen embeddings fused by each operator. Concat: all source embeddings. AE: h_G; "
        "balanced: of a loss that gives every source embedding the same weight. BT: the "
        "best single source embedding, BCT: the best of all their combinations. Here these two are chosen by "
        "validation and reported on test; the printed ones were chosen by the printed result itself.",
        metric_note(frame),
        interval_note(evidence, "In bold: the best of each row."),
        sizes_note(frame, evidence),
        *left_out_notes(evidence, "target"),
        *protocol_notes(evidence),
        *stand_in_notes(evidence),
        *printed_note(frame),
    ]
    caption = "Operators that combine or choose the source embeddings, on target tasks."
    left_out = left_out_tasks(evidence, "target")
    return grid_view(caption, frame, evidence.targets, COMBINED, notes, left_out)


TABLE = Table(_frame, _view, keys=("task", "method"))
