"""Test faces and test subjects of each data set that is tested on, as far as they also stand in one that is
learnt from: the sources, the unlabelled faces, and what verification is trained on.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from engram.data.images.overlap import OVERLAP_COLUMNS
from engram.reporting.tables import Cell, Table, View
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import UNLABELLED
from engram.studies.general.tables._results import EMPTY, count_cell
from engram.studies.general.task_plan import general_tasks

__all__ = ["TABLE"]


def _frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return one row a pair of data sets.

    Columns: learnt, role (what is learnt there), tested, test_faces, same_faces, test_subjects,
    named_subjects, same_subjects; see `engram.data.images.overlap.find_overlap`.
    """
    frame = evidence.overlap[list(OVERLAP_COLUMNS)].copy()
    roles = _roles(evidence)
    frame.insert(1, "role", frame["learnt"].map(roles))
    return frame


def _roles(evidence: GeneralEvidence) -> dict[str, str]:
    """Return what is learnt on each data set."""
    found: dict[str, list[str]] = {}
    for name, encoder in evidence.general.encoders.items():
        if encoder.dataset is not None and encoder.imported is None:
            found.setdefault(encoder.dataset, []).append(f"source {name}")
    for name in evidence.general.unsupervised:
        found.setdefault(name, []).append(UNLABELLED)
    for item in general_tasks(evidence.general):
        if item.role == "target":
            found.setdefault(item.learnt_on, []).append(f"target {item.name}")
    return {name: ", ".join(words) for name, words in found.items()}


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    titles = {name: dataset.title for name, dataset in evidence.params.datasets.items()}
    tested = list(dict.fromkeys(frame["tested"]))
    rows = []
    for name in dict.fromkeys(frame["learnt"]):
        mine = frame[frame["learnt"] == name].set_index("tested")
        cells = [_cell(mine.loc[other]) if other in mine.index else EMPTY for other in tested]
        rows.append([Cell(titles[name]), Cell(mine["role"].iloc[0]), *cells])
    sizes = frame.drop_duplicates("tested").set_index("tested")["test_faces"]
    rows.append(
        [Cell("detected test faces"), Cell(""), *(count_cell(sizes[other]) for other in tested)],
    )
    return View(
        "Test faces that also stand in a data set that is learnt from, and test subjects of the same name.",
        [("learnt from",), ("for",), *(("tested on", titles[name]) for name in tested)],
        rows,
        text_columns=2,
        notes=[
            "Of each data set that is tested on: detected test faces whose stored pixels are those of a "
            "training or validation face of the other / test subjects whose name stands there; – where names "
            "cannot be compared. A copy in another crop, size or compression is not found, nor is a subject "
            "under another name. What imported encoders were trained on is not known here.",
            "Nothing is taken out: an overlap that is not 0 makes results on that data set look better.",
        ],
        wide=True,
    )


def _cell(row: Any) -> Cell:
    subjects = "–" if pd.isna(row["same_subjects"]) else f"{row['same_subjects']:,}"
    return Cell(f"{row['same_faces']:,} / {subjects}", bool(row["same_faces"]))


TABLE = Table(_frame, _view, keys=("learnt", "tested"))
