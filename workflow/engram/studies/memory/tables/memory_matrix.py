"""Every model on the data sets that it learnt and on source and target of its transfers."""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY, accuracy_cell, accuracy_columns
from engram.reporting.tables import Cell, Table, View
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import folds_notes, interval_note
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE"]


def matrix_table(evidence: Evidence) -> pd.DataFrame:
    """Return the accuracy of every model on each data set that it was evaluated on.

    Columns: lineage, dataset, accuracy, low, high (percent), n (test images), seeds.
    """
    rows = []
    for dataset in evidence.datasets:
        accuracies, predictions = evidence.scores[dataset], evidence.predictions[dataset]
        for lineage in predictions.models:
            rows.append(
                {
                    "lineage": lineage,
                    "dataset": dataset,
                    **accuracy_columns(accuracies.of(lineage)),
                    "n": len(predictions.rows),
                    "seeds": len(predictions.seeds),
                }
            )
    return pd.DataFrame(rows).sort_values(["lineage", "dataset"], ignore_index=True)


def _matrix_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Models down, data sets across."""
    datasets = list(dict.fromkeys(frame["dataset"].sort_values()))
    best = frame.groupby("dataset")["accuracy"].max()
    cells = {
        (row.lineage, row.dataset): accuracy_cell(row, best[row.dataset])
        for row in frame.itertuples(index=False)
    }
    names = dataset_titles(evidence)
    return View(
        caption="Every model on the data sets that it learnt and on source and target of its transfers: "
        "accuracy in percent on the test subset.",
        header=[("model",), *((names[name],) for name in datasets)],
        rows=[
            [Cell(lineage), *(cells.get((lineage, name), EMPTY) for name in datasets)]
            for lineage in dict.fromkeys(frame["lineage"])
        ],
        notes=[
            "A dash: the data set is neither, or the model has no head for its classes.",
            interval_note(evidence),
            *folds_notes(evidence),
        ],
        wide=True,
    )


TABLE = Table(matrix_table, _matrix_view, keys=("lineage", "dataset"))
