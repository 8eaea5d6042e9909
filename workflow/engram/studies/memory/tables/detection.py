"""Detected and undetected faces of every data set. Undetected faces stay in the test subset and count as
wrong.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY
from engram.reporting.tables import Cell, Table, View
from engram.studies.memory.collect import Evidence

__all__ = ["TABLE"]


def detection_table(evidence: Evidence) -> pd.DataFrame:
    """Return how many faces were found in each data set.

    Columns: dataset, title, images, detected, undetected, share (percent of images with a face),
    eyes (faces aligned by both eyes; missing where nothing was to be detected).
    """
    rows = []
    for name in evidence.datasets:
        metrics = evidence.preparation[name].metrics
        rows.append(
            {
                "dataset": name,
                "title": evidence.settings.datasets[name].title,
                **{key: int(metrics[key]) for key in ("images", "detected", "undetected")},
                "share": 100 * metrics["detected"] / metrics["images"],
                "eyes": metrics.get("eyes"),
            }
        )
    return pd.DataFrame(rows).astype({"eyes": "Int64"})


def _detection_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Faces found and not found."""
    rows = [
        [
            Cell(line.title),
            *(Cell(f"{value:,}") for value in (line.images, line.detected, line.undetected)),
            Cell(f"{line.share:.1f}"),
            EMPTY if pd.isna(line.eyes) else Cell(f"{line.eyes:,}"),
        ]
        for line in frame.itertuples(index=False)
    ]
    header = ["data set", "images", "detected", "undetected", "detected, %", "both eyes found"]
    return View(
        "Faces detected in each data set.",
        [(name,) for name in header],
        rows,
        notes=["An image in which no face was detected stays in its subset and counts as a wrong answer."],
    )


TABLE = Table(detection_table, _detection_view, keys=("dataset",))
