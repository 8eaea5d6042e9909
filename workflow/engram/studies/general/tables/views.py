"""The general study's tables as people read them: laid out like the paper's, with intervals and notes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from engram.reporting.tables import Cell, View
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.methods import HEADINGS
from engram.studies.general.metrics import Metric, metric_of
from engram.studies.general.plan import GeneralTask
from engram.studies.general.tables.headings import OPERATORS, RECONSTRUCTION
from engram.studies.general.tables.notes import (
    RIVAL,
    interval_note,
    metric_note,
    printed_note,
    protocol_notes,
    sizes_note,
    stand_in_notes,
    training_note,
)

__all__ = ["VIEWS", "value_cell"]

_EMPTY = Cell("–")
_ARROWS = {1: "↑", -1: "↓"}


def _transfer_view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    notes = [metric_note(frame), interval_note(evidence, "In bold: the best of each row.")]
    notes += [sizes_note(frame, evidence), *protocol_notes(evidence)]
    rival = [RIVAL] if "h_unic" in set(frame["approach"]) else []
    return _grid(
        "Target knowledge: what each approach reaches.",
        frame,
        evidence,
        evidence.targets,
        HEADINGS,
        [
            *notes,
            training_note(evidence),
            *rival,
            *stand_in_notes(evidence),
            *printed_note(frame, "transfer"),
        ],
    )


def _source_view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    notes = [
        "Original: the source encoder's own answers, or a head on its embedding where it was imported. The "
        "others: heads on the fused embedding and on the student's, frozen, and the student fine-tuned.",
        metric_note(frame),
        interval_note(evidence, "In bold: the best of each row."),
        sizes_note(frame, evidence),
    ]
    return _grid(
        "What is left of the source encoders' own knowledge.",
        frame,
        evidence,
        evidence.sources,
        HEADINGS,
        [*notes, training_note(evidence), *stand_in_notes(evidence), *printed_note(frame, "source")],
    )


def _operators_view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    notes = [
        "Heads on frozen embeddings fused by each operator. Concat: all source embeddings. AE: h_G. BT: the "
        "best single source embedding, BCT: the best of all their combinations. Here these two are chosen by "
        "validation and reported on test; the printed ones were chosen by the printed result itself.",
        metric_note(frame),
        interval_note(evidence, "In bold: the best of each row."),
        sizes_note(frame, evidence),
    ]
    return _grid(
        "Operators that combine or choose the source embeddings, on target knowledge.",
        frame,
        evidence,
        evidence.targets,
        OPERATORS,
        [*notes, *protocol_notes(evidence), *stand_in_notes(evidence), *printed_note(frame)],
    )


def _reconstruction_view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    first = frame.iloc[0]
    best = frame.groupby("encoder")["value"].min()
    shape = Metric("RMSE", "", -1, 2)
    cells = {
        (row.encoder, row.operator): value_cell(row, best[row.encoder], shape)
        for row in frame.itertuples(index=False)
    }
    columns = list(dict.fromkeys(frame["operator"]))
    notes = [
        "Root mean squared error of standardised embeddings: 1 is what their mean would have. Random: "
        "embeddings drawn uniformly, with the right mean and spread. E_MT and E_unique are students, which "
        "see the face alone.",
        interval_note(evidence, "In bold: the best of each row."),
        f"Tested on {first['n']:,} held-out faces of {first['persons']:,} persons.",
        training_note(evidence),
    ]
    return View(
        caption="Reconstruction of the source embeddings: normalised RMSE on unlabelled test faces.",
        header=[("embedding",), *((RECONSTRUCTION[name],) for name in columns)],
        rows=[
            [Cell(encoder), *(cells.get((encoder, name), _EMPTY) for name in columns)]
            for encoder in dict.fromkeys(frame["encoder"])
        ],
        notes=[*notes, *stand_in_notes(evidence)[:1], *printed_note(frame, "reconstruction")],
        wide=True,
        stacked=True,
    )


#: What lays out the tables of results: from a frame and the evidence to a view.
VIEWS = {
    "general_transfer": _transfer_view,
    "general_source": _source_view,
    "general_reconstruction": _reconstruction_view,
    "general_operators": _operators_view,
}


def _grid(
    caption: str,
    frame: pd.DataFrame,
    evidence: GeneralEvidence,
    items: list[GeneralTask],
    headings: dict[str, str],
    notes: list[str],
) -> View:
    """Lay out a table of knowledge down and approaches across."""
    columns = [name for name in headings if name in set(frame["approach"])]
    rows = []
    for item in items:
        metric, mine = metric_of(item), frame[frame["knowledge"] == item.name]
        best = mine["value"].max() if metric.better > 0 else mine["value"].min()
        cells = {row.approach: value_cell(row, best, metric) for row in mine.itertuples(index=False)}
        head = [Cell(item.title), Cell(f"{metric.name} {_ARROWS[metric.better]}")]
        rows.append([*head, *(cells.get(name, _EMPTY) for name in columns)])
    header = [("knowledge",), ("metric",), *((headings[name],) for name in columns)]
    return View(caption, header, rows, text_columns=2, notes=notes, wide=True, stacked=True)


def value_cell(row: Any, best: float, metric: Metric) -> Cell:
    """Return an entry with its interval and printed figure; bold if its value is ``best``."""
    value, low, high = (f"{number:.{metric.digits}f}" for number in (row.value, row.low, row.high))
    printed = getattr(row, "published", float("nan"))
    beside = "" if pd.isna(printed) else f"({printed:.2f})"
    return Cell(value, row.value == best, f"[{low}, {high}]", beside)
