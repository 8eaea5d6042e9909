"""The texts of the study: documents, sentences, tokens, mentions and types of every subset, how many test
mentions are unseen, and where a text is from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from engram.reporting.cells import EMPTY, percent
from engram.reporting.tables import Cell, Table, View
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import data_notes

__all__ = ["TABLE", "datasets_table"]

_SUBSETS = ("train", "validation", "test")
_COUNTS = ("documents", "sentences", "tokens", "mentions")


def datasets_table(evidence: Evidence) -> pd.DataFrame:
    """Return the size of every text.

    Columns: dataset, title, kind, types, unit (what stays together in a subset: documents or sentences), then
    documents, sentences, tokens and mentions of train, validation and test, unseen_percent (of the test
    mentions; missing where there are none), and source.
    """
    return pd.DataFrame([_row(evidence, name) for name in evidence.datasets])


def _row(evidence: Evidence, name: str) -> dict[str, Any]:
    text, sizes = evidence.settings.texts[name], evidence.sizes[name]
    marks = [mark for known in evidence.unseen[name].values() for mark in known.values()]
    return {
        "dataset": name,
        "title": text.title,
        "kind": text.kind,
        "types": int(sizes["types"].max()),
        "unit": "sentences" if (sizes["unit"] == "sentence").any() else "documents",
        **{f"{part}_{count}": int(sizes.loc[part, count]) for part in _SUBSETS for count in _COUNTS},
        "unseen_percent": 100 * (1 - np.mean(marks)) if marks else np.nan,
        "source": text.source or ("drawn by Engram" if text.reader == "drawn" else ""),
    }


def _datasets_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """A line a text and subset."""
    rows = []
    for line in frame.to_dict("records"):
        for place, part in enumerate(_SUBSETS):
            first = [line["title"], line["kind"], f"{line['types']}", line["unit"]]
            if line["kind"] != "entities":
                first[2] = ""
            shown = [Cell("" if place else word) for word in first]
            counts = [Cell(f"{line[f'{part}_{count}']:,}") for count in _COUNTS]
            unseen = EMPTY
            if part == "test" and not pd.isna(line["unseen_percent"]):
                unseen = Cell(percent(line["unseen_percent"]))
            source = Cell("" if place else line["source"])
            rows.append([*shown[:1], Cell(part), *shown[1:], *counts, unseen, source])
    header = ["text", "subset", "kind", "types", "kept together", *_COUNTS, "unseen, %", "from"]
    return View(
        "The texts and their subsets.",
        [(word,) for word in header],
        rows,
        text_columns=2,
        notes=data_notes(evidence),
        wide=True,
    )


TABLE = Table(datasets_table, _datasets_view, keys=("dataset",))
