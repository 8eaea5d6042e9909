"""What each method reaches on every target task, with intervals: a network from random weights (CNN), the
best source encoder fine-tuned (P-CNN), heads on the fused embedding, and the students frozen and fine-
tuned.

Table 3 of Vielzeuf et al. (2019).
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.tables import Table, View
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.headings import TRANSFER
from engram.studies.general.methods import HEADINGS
from engram.studies.general.notes import (
    UNIC,
    interval_note,
    left_out_notes,
    left_out_tasks,
    metric_note,
    printed_note,
    protocol_notes,
    sizes_note,
    stand_in_notes,
    training_note,
)
from engram.studies.general.printed import read_printed
from engram.studies.general.tables._results import grid_view, result_rows

__all__ = ["TABLE", "transfer_frame"]


def transfer_frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the rows; see `result_rows`."""
    printed = read_printed("transfer").set_index(["knowledge", "representation"])["value"]
    return result_rows(evidence, evidence.targets, {name: HEADINGS[name] for name in TRANSFER}, printed.get)


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    notes = [
        metric_note(frame),
        interval_note(evidence, "In bold: the best of each row."),
        sizes_note(frame, evidence),
        *left_out_notes(evidence, "target"),
        *protocol_notes(evidence),
        training_note(evidence),
        *([UNIC] if "h_unic" in set(frame["approach"]) else []),
        *stand_in_notes(evidence),
        *printed_note(frame, "transfer"),
    ]
    caption = "Target knowledge: what each approach reaches."
    left_out = left_out_tasks(evidence, "target")
    return grid_view(caption, frame, evidence.targets, HEADINGS, notes, left_out)


TABLE = Table(transfer_frame, _view, keys=("knowledge", "approach"))
