"""Detected and undetected faces of every data set of the general study, beside the printed numbers where
it is the published data set.

Table 2 of Vielzeuf et al. (2019).
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.tables import Cell, Table, View
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.notes import origin_notes
from engram.studies.general.printed import read_printed
from engram.studies.general.tables._results import count_cell

__all__ = ["TABLE"]


def _frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return one row a data set.

    Columns: dataset, title, images, detected, undetected, share (percent of images with a face), then
    ``printed_detected`` and ``printed_undetected`` where it is the published domain.
    """
    printed = read_printed("detection").set_index("domain").add_prefix("printed_")
    rows = []
    for name in evidence.datasets:
        metrics, dataset = evidence.preparation[name].metrics, evidence.params.datasets[name]
        known = dataset.published in printed.index
        rows.append(
            {
                "dataset": name,
                "title": dataset.title,
                **{key: int(metrics[key]) for key in ("images", "detected", "undetected")},
                "share": 100 * metrics["detected"] / metrics["images"],
                **(printed.loc[dataset.published].to_dict() if known else {}),
            }
        )
    columns = ["dataset", "title", "images", "detected", "undetected", "share", *printed.columns]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(printed.columns, "Int64"))


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    printed = bool(frame["printed_detected"].notna().any())
    rows = [
        [
            Cell(line.title),
            *(count_cell(value) for value in (line.images, line.detected, line.undetected)),
            Cell(f"{line.share:.1f}"),
            *([count_cell(line.printed_detected), count_cell(line.printed_undetected)] if printed else []),
        ]
        for line in frame.itertuples(index=False)
    ]
    heads = ["data set", "images", "detected", "undetected", "detected, %"]
    heads += ["printed: detected", "undetected"] if printed else []
    return View(
        "Faces detected in each data set of the general study.",
        [(head,) for head in heads],
        rows,
        notes=[
            "An undetected face stays in its subset: it counts as a wrong answer, or for a number as the "
            "middle between the data set's smallest and largest label.",
            *origin_notes(evidence),
        ],
    )


TABLE = Table(_frame, _view, keys=("dataset",))
