"""How well the fused embedding and the student still solve the source encoders' own tasks.

Table 4 of Vielzeuf et al. (2019).
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.tables import Table, View
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import SOURCE
from engram.studies.general.evidence.notes import (
    interval_note,
    left_out_notes,
    left_out_tasks,
    metric_note,
    printed_note,
    sizes_note,
    stand_in_notes,
    training_note,
)
from engram.studies.general.methods import HEADINGS
from engram.studies.general.printed import read_printed
from engram.studies.general.tables._results import grid_view, result_rows

__all__ = ["TABLE"]


def _frame(evidence: GeneralEvidence) -> pd.DataFrame:
    columns = [name for name in SOURCE.values() if name]
    printed = read_printed("source").set_index("knowledge")[columns].stack()
    return result_rows(evidence, evidence.sources, SOURCE, printed.get)


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    notes = [
        "Original: the source encoder's own answers, or a head on its embedding where it was imported. The "
        "others: heads on the fused embedding and on the student's, frozen, and the student fine-tuned.",
        metric_note(frame),
        interval_note(evidence, "In bold: the best of each row."),
        sizes_note(frame, evidence),
        *left_out_notes(evidence, "source"),
        training_note(evidence),
        *stand_in_notes(evidence),
        *printed_note(frame, "source"),
    ]
    caption = "How well the source encoders' own tasks are still solved."
    left_out = left_out_tasks(evidence, "source")
    return grid_view(caption, frame, evidence.sources, HEADINGS, notes, left_out)


TABLE = Table(_frame, _view, keys=("task", "method"))
