"""The tables of the memory study, as data frames: one observation a row, accuracies in percent."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.reporting.tables import write_table
from engram.statistics.intervals import Estimate
from engram.statistics.metrics import macro_f1
from engram.studies.lineage.forgetting import forgetting, levels
from engram.studies.lineage.trials import Trial
from engram.studies.memory.collect import Evidence
from engram.studies.memory.printed import read_printed
from engram.studies.memory.table_views import VIEWS

__all__ = [
    "TABLES",
    "datasets_table",
    "detection_table",
    "integrity_table",
    "matrix_table",
    "write_memory_table",
]


def write_memory_table(name: str, evidence: Evidence, stem: str | Path) -> None:
    """Write one of `TABLES` to ``stem.csv``, ``stem.md`` and ``stem.tex``."""
    frame = TABLES[name](evidence)
    write_table(frame, stem, VIEWS[name](frame, evidence))


def integrity_table(evidence: Evidence) -> pd.DataFrame:
    """Return the accuracy of every trial's model on its source and its target.

    Columns: source, target, evaluated_on, strategy, fraction, seeds, n (test images), accuracy,
    low, high, macro_f1 (all in percent, means over seeds) and published (percent; missing where
    source and target are not the paper's own data sets).
    """
    f1 = {name: _macro_f1(evidence, name) for name in evidence.datasets}
    rows = [
        _integrity_row(evidence, trial, role, f1)
        for trial in evidence.trials
        for role in ("source", "target")
    ]
    return pd.DataFrame(rows)


def matrix_table(evidence: Evidence) -> pd.DataFrame:
    """Return the accuracy of every model on every data set that it has a head for.

    Columns: lineage, dataset, accuracy, low, high (percent), n (test images), seeds.
    """
    rows = []
    for dataset in evidence.datasets:
        accuracies, predictions = evidence.accuracies[dataset], evidence.predictions[dataset]
        for lineage in predictions.models:
            rows.append(
                {
                    "lineage": lineage,
                    "dataset": dataset,
                    **_accuracy(accuracies.of(lineage)),
                    "n": len(predictions.rows),
                    "seeds": len(predictions.seeds),
                }
            )
    return pd.DataFrame(rows).sort_values(["lineage", "dataset"], ignore_index=True)


def datasets_table(evidence: Evidence) -> pd.DataFrame:
    """Return the size of every data set and of its subsets, beside the printed sizes.

    Columns: dataset, title, images, subjects, then ``train``, ``validation`` and ``test``, each as
    ``_images`` and ``_subjects``, then ``printed_total``, ``_training``, ``_validation`` and ``_test``
    (images; missing where it is not the paper's data set).
    """
    printed = read_printed("datasets").set_index("dataset").astype("Int64").add_prefix("printed_")
    rows = []
    for name in evidence.datasets:
        settings, split = evidence.settings.datasets[name], evidence.splits[name]
        whole = {key: int(evidence.preparation[name].metrics[key]) for key in ("images", "subjects")}
        row = {"dataset": name, "title": settings.title, **whole}
        for subset in ("train", "validation", "test"):
            part = split[split["subset"] == subset]
            row[f"{subset}_images"], row[f"{subset}_subjects"] = len(part), part["subject"].nunique()
        known = settings.published in printed.index
        rows.append(row | (printed.loc[settings.published].to_dict() if known else {}))
    frame = pd.DataFrame(rows)
    return frame.reindex(columns=[*_first_columns(frame, "printed"), *printed.columns]).astype(
        dict.fromkeys(printed.columns, "Int64")
    )


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


#: Every table by its file's name, and what makes it.
TABLES = {
    "memory_integrity": integrity_table,
    "memory_forgetting": forgetting,
    "memory_levels": levels,
    "memory_matrix": matrix_table,
    "datasets": datasets_table,
    "detection": detection_table,
}


def _integrity_row(evidence: Evidence, trial: Trial, role: str, f1: dict[str, dict[str, float]]) -> dict:
    dataset, lineage = getattr(trial, role), str(trial.lineage)
    predictions = evidence.predictions[dataset]
    return {
        "source": trial.source,
        "target": trial.target,
        "evaluated_on": role,
        "strategy": trial.strategy,
        "fraction": trial.fraction,
        "seeds": len(predictions.seeds),
        "n": len(predictions.rows),
        **_accuracy(evidence.accuracies[dataset].of(lineage)),
        "macro_f1": f1[dataset][lineage],
        "published": _published(evidence, trial, role),
    }


def _published(evidence: Evidence, trial: Trial, role: str) -> float:
    """Return the printed accuracy of a trial, NaN if the paper has none."""
    names = evidence.settings.datasets
    wanted = {
        "source": names[trial.source].published,
        "target": names[trial.target].published,
        "evaluated_on": role,
        "strategy": trial.strategy,
        "fraction": trial.fraction,
    }
    found = read_printed("integrity")
    for column, value in wanted.items():
        found = found[found[column] == value]
    return float(found["accuracy"].iloc[0]) if len(found) else float("nan")


def _macro_f1(evidence: Evidence, dataset: str) -> dict[str, float]:
    """Return each model's macro-F1 on a data set in percent, the mean over seeds."""
    predictions = evidence.predictions[dataset]
    scores = 100 * macro_f1(predictions.truth, predictions.predicted, len(predictions.classes)).mean(axis=1)
    return dict(zip(predictions.models, scores.tolist(), strict=True))


def _accuracy(estimate: Estimate) -> dict[str, float]:
    return {"accuracy": estimate.value, "low": estimate.low, "high": estimate.high}


def _first_columns(frame: pd.DataFrame, prefix: str) -> list[str]:
    return [column for column in frame if not column.startswith(prefix)]
