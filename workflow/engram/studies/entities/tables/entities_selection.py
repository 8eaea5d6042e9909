"""How much a choice of the epoch by the test subset flatters: the best score on test of any epoch, against
the score of the epoch that validation chose.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from engram.reporting.cells import percent, points_cell
from engram.reporting.tables import Cell, Table, View
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import drawn_notes, titles
from engram.studies.entities.selection import SeedMean, flattery

__all__ = ["TABLE", "selection_table"]

_COLUMNS = [
    *("lineage", "dataset", "seeds", "epochs", "by_validation", "by_test"),
    *("optimism", "optimism_low", "optimism_high"),
]


def selection_table(evidence: Evidence) -> pd.DataFrame:
    """Return what choosing by test would add, of every model whose scores on test were kept by epoch.

    Columns: lineage, dataset, seeds, epochs, by_validation and by_test (percent, means over seeds: the score
    on test of the epoch that is best on validation, and the best of any epoch), optimism (by_test minus
    by_validation, points) with an interval over seeds alone.
    """
    return pd.DataFrame(list(_rows(evidence)), columns=_COLUMNS)


def _rows(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for found in flattery(evidence):
        optimism = SeedMean(found.by_test - found.by_validation).interval(
            evidence.settings.evidence.confidence
        )
        yield {
            "lineage": found.lineage,
            "dataset": found.dataset,
            "seeds": len(found.by_test),
            "epochs": found.epochs,
            "by_validation": found.by_validation.mean(),
            "by_test": found.by_test.mean(),
            "optimism": optimism.value,
            "optimism_low": optimism.low,
            "optimism_high": optimism.high,
        }


def _selection_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """A line a model and text."""
    names = titles(evidence)
    rows = [
        [
            Cell(line["lineage"]),
            Cell(names[line["dataset"]]),
            Cell(f"{line['epochs']:,}"),
            Cell(percent(line["by_validation"])),
            Cell(percent(line["by_test"])),
            points_cell(line, "optimism"),
        ]
        for line in frame.to_dict("records")
    ]
    confidence = 100 * evidence.settings.evidence.confidence
    return View(
        caption="F1 on test of the epoch chosen on validation, and of the best epoch on test.",
        header=[
            ("model",),
            ("text",),
            ("epochs",),
            ("by validation, %",),
            ("by test, %",),
            ("flattery, points",),
        ],
        rows=rows,
        text_columns=2,
        notes=[
            "Scores on test were written after each epoch for this table; they choose nothing. The published "
            "programs of Zuo and Zhang (2020) and Crichton et al. (2017) evaluate on test after each epoch.",
            f"In brackets: {confidence:g} % intervals over seeds alone (Student's t).",
            *drawn_notes(evidence),
        ],
    )


TABLE = Table(selection_table, _selection_view, keys=("lineage", "dataset"))
