"""What each method reaches on every target task, with intervals: a network from random weights (CNN), the
best source encoder fine-tuned (P-CNN), heads on the fused embedding, and the students frozen and fine-
tuned.

Table 3 of Vielzeuf et al. (2019).
"""

from __future__ import annotations

from math import isnan

import pandas as pd

from engram.reporting.tables import Table, View
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import TRANSFER
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.evidence.notes import (
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
from engram.studies.general.evidence.parameters import student_parameters, teacher_parameters
from engram.studies.general.methods import HEADINGS
from engram.studies.general.printed import read_printed
from engram.studies.general.tables._results import grid_view, result_rows

__all__ = ["STATE_OF_THE_ART", "TABLE", "transfer_frame"]

#: In the column ``method``: what the paper prints of others' results. It is no method of this study.
STATE_OF_THE_ART = "state_of_the_art"


def transfer_frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the rows; see `result_rows`."""
    printed = read_printed("transfer").set_index(["knowledge", "representation"])["value"]
    return result_rows(evidence, evidence.targets, {name: HEADINGS[name] for name in TRANSFER}, printed.get)


def _frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return `transfer_frame`, and for each of the paper's own tasks a row with its printed state of the art.

    That row has no value of this run: ``value``, ``low``, ``high``, ``seeds``, ``n`` and ``subjects`` are
    missing.
    """
    found = transfer_frame(evidence)
    printed = read_printed("transfer").set_index(["knowledge", "representation"])["value"]
    rows = [
        {
            **{"task": item.name, "dataset": item.dataset, "label": item.task},
            **{"metric": metric_of(item).name, "method": STATE_OF_THE_ART},
            "published": float(printed[item.published, "state of the art"]),
        }
        for item in evidence.targets
        if (item.published, "state of the art") in printed.index
    ]
    counts = dict.fromkeys(("seeds", "n", "subjects"), "Int64")
    if not rows:
        return found.astype(counts)
    order = {item.name: place for place, item in enumerate(evidence.targets)}
    both = pd.concat([found.astype(counts), pd.DataFrame(rows, columns=found.columns).astype(counts)])
    return both.sort_values("task", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def _parameters_note(evidence: GeneralEvidence) -> list[str]:
    """Say how many parameters the student and its teacher have."""
    student, teacher = student_parameters(evidence), teacher_parameters(evidence)
    if isnan(student + teacher):
        return []
    return [
        f"Parameters: CNN and students {student / 1e6:,.2f} M, the teacher (source encoders and the fusing "
        f"one) {teacher / 1e6:,.2f} M, {teacher / student:.1f} times as many; heads left out. The paper "
        "prints 2.2 M and 75 times."
    ]


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    measured = frame[frame["value"].notna()]
    notes = [
        metric_note(frame),
        *_parameters_note(evidence),
        interval_note(evidence, "In bold: the best of each row."),
        sizes_note(measured, evidence),
        *left_out_notes(evidence, "target"),
        *protocol_notes(evidence),
        training_note(evidence),
        *([UNIC] if "h_unic" in set(frame["method"]) else []),
        *stand_in_notes(evidence),
        *printed_note(frame, "transfer"),
    ]
    headings = {**HEADINGS, STATE_OF_THE_ART: "state of the art"}
    caption = "What each method reaches on every target task."
    left_out = left_out_tasks(evidence, "target")
    return grid_view(caption, frame, evidence.targets, headings, notes, left_out)


TABLE = Table(_frame, _view, keys=("task", "method"))
