"""Test sentences that stand in what trains or validates a text, in the same text or in another: what a model
has seen before it is tested.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from engram.core.errors import DataMissingError
from engram.core.reading import read_csv
from engram.data.text.overlap import LEAST, LIMIT, OVERLAP_COLUMNS
from engram.reporting.cells import EMPTY
from engram.reporting.tables import Cell, Table, View
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import titles

__all__ = ["TABLE", "overlap_table"]


def overlap_table(evidence: Evidence) -> pd.DataFrame:
    """Return how many test sentences of each text stand in each, `engram.data.text.overlap.OVERLAP_COLUMNS`.

    ``sentences`` are those of the test subset that are long enough to compare.
    """
    words = {"evaluated": "str", "trained": "str", "subset": "str"}
    path = Path(evidence.files.overlap[0])
    found = read_csv(path, DataMissingError, OVERLAP_COLUMNS, dtype=words, keep_default_na=False)
    known = found["evaluated"].isin(evidence.datasets) & found["trained"].isin(evidence.datasets)
    return found[known].reset_index(drop=True)


def _overlap_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Tested texts down, trained ones across; the validation subset in parentheses."""
    names = titles(evidence)
    lines = {(one["evaluated"], one["trained"], one["subset"]): one for one in frame.to_dict("records")}
    trained = list(dict.fromkeys(frame["trained"]))
    rows = []
    for tested in dict.fromkeys(frame["evaluated"]):
        first = lines[tested, trained[0], "train"]
        entries = [_cell(lines, tested, name) for name in trained]
        rows.append([Cell(names[tested]), Cell(f"{first['sentences']:,}"), *entries])
    return View(
        caption="Test sentences, in percent, that stand in the training subset of each text.",
        header=[("", "tested"), ("", "sentences"), *(("trained on", names[name]) for name in trained)],
        rows=rows,
        notes=[
            f"Sentences of at least {LEAST} letters and digits, which alone are compared, without case. In "
            "parentheses: in the validation subset. In bold: more than "
            f"{100 * LIMIT:g} %, which a run refuses unless the configuration allows the pair.",
        ],
        wide=True,
    )


def _cell(lines: dict[tuple[str, str, str], Any], tested: str, trained: str) -> Cell:
    train, validation = (lines.get((tested, trained, subset)) for subset in ("train", "validation"))
    if train is None:
        return EMPTY
    beside = f"({validation['percent']:.1f})" if validation is not None else ""
    return Cell(f"{train['percent']:.1f}", train["percent"] > 100 * LIMIT, beside=beside)


TABLE = Table(overlap_table, _overlap_view, keys=("evaluated", "trained", "subset"))
