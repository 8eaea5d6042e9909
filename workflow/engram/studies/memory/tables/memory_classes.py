"""How often each class occurs in every subset of every data set. A data set may lack classes."""

from __future__ import annotations

import pandas as pd

from engram.core.labels import CLASSES
from engram.reporting.cells import EMPTY
from engram.reporting.tables import Cell, Table, View
from engram.studies.memory.collect import Evidence
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE"]

_SUBSETS = ("train", "validation", "test")


def classes_table(evidence: Evidence) -> pd.DataFrame:
    """Return the images of each class in each subset.

    Columns: dataset, task, subset, class, images, percent (of the subset's images). Images without a label
    have the class ``unlabelled``, in a row only where there are some. Of a data set with folds training and
    validation are means over the folds.
    """
    return pd.DataFrame(
        [
            {"dataset": name, "task": evidence.settings.datasets[name].task, "subset": subset, **line}
            for name in evidence.datasets
            for subset in _SUBSETS
            for line in _lines(evidence, name, subset)
        ]
    )


def _lines(evidence: Evidence, name: str, subset: str) -> list[dict]:
    split = evidence.splits[name]
    labels = evidence.labels[name].reindex(split[split["subset"] == subset]["row"])
    classes = CLASSES[evidence.settings.datasets[name].task]
    counts = {word: int((labels == word).sum()) for word in classes}
    missing = int(labels.isna().sum())
    counts |= {"unlabelled": missing} if missing else {}
    if subset != "test":
        folds = split["fold"].nunique()
        counts = {word: round(count / folds) for word, count in counts.items()}
    total = max(1, sum(counts.values()))
    return [
        {"class": word, "images": count, "percent": 100 * count / total} for word, count in counts.items()
    ]


def _classes_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Data sets and subsets down, classes across; those of the transfers' task, others in the CSV file."""
    trial = evidence.trials[0]
    task = evidence.settings.datasets[trial.source].task
    shown = frame[frame["task"] == task]
    words = list(dict.fromkeys(shown["class"]))
    titles = dataset_titles(evidence)
    rows = []
    for name, part in shown.groupby("dataset", sort=False):
        for place, (subset, lines) in enumerate(part.groupby("subset", sort=False)):
            found = lines.set_index("class")
            cells = [_cell(found, word) for word in words]
            total = Cell(f"{found['images'].sum():,}")
            rows.append([Cell("" if place else titles[name]), Cell(subset), total, *cells])
    others = sorted({titles[name] for name in frame[frame["task"] != task]["dataset"]})
    return View(
        "Classes of each subset: images, and percent of the subset.",
        [
            ("", "data set"),
            ("", "subset"),
            ("", "images"),
            *((task.replace("_", " "), word) for word in words),
        ],
        rows,
        text_columns=2,
        notes=[f"Of another task, in the CSV file: {', '.join(others)}."] if others else [],
        wide=True,
    )


def _cell(found: pd.DataFrame, word: str) -> Cell:
    if word not in found.index or not found.loc[word, "images"]:
        return EMPTY
    return Cell(f"{found.loc[word, 'images']:,}", beside=f"({found.loc[word, 'percent']:.1f} %)")


TABLE = Table(classes_table, _classes_view, keys=("dataset", "subset", "class"))
