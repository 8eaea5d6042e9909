"""Weights of the terms against forgetting, chosen by validation: what was tried and what was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pandas as pd

from engram.core.records import Record
from engram.reporting.cells import EMPTY, by_strategy
from engram.reporting.tables import Cell, Table, View
from engram.studies.lineage.trials import Trial
from engram.studies.memory.collect import Evidence
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE"]

_TRIAL = ("source", "target", "strategy", "fraction")
_KEYS = (*_TRIAL, "seed", "fold", "weights")


def weights_table(evidence: Evidence) -> pd.DataFrame:
    """Return one row a trial, seed, fold and combination of the values that its recipe lists.

    Columns: source, target, strategy, fraction, seed, fold (0 for none), weights (such as ``elastic
    1000``), criterion, source_accuracy and target_accuracy (percent, on validation subsets), chosen (1 for
    what was kept).
    """
    rows = [row for trial in evidence.trials for row in _rows(evidence, trial)]
    columns = [*_KEYS, "criterion", "source_accuracy", "target_accuracy", "chosen"]
    return pd.DataFrame(rows, columns=columns)


def _rows(evidence: Evidence, trial: Trial) -> Iterator[dict]:
    runs = [(seed, record) for seed in evidence.seeds for record in evidence.trainings(trial.lineage, seed)]
    for seed, record in runs:
        for entry in record.candidates:
            yield {
                **{name: getattr(trial, name) for name in _TRIAL},
                "seed": seed,
                "fold": max(record.folds.values(), default=0),
                "weights": _weights(record, entry),
                "criterion": 100 * entry["criterion"],
                "source_accuracy": 100 * entry.get(trial.source, float("nan")),
                "target_accuracy": 100 * entry.get(trial.target, float("nan")),
                "chosen": int(entry["chosen"]),
            }


def _weights(record: Record, entry: dict[str, float]) -> str:
    listed = [name.removeprefix("chosen_") for name in record.metrics if name.startswith("chosen_")]
    return ", ".join(f"{name} {entry[name]:g}" for name in listed)


def _weights_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """The kept values of each trial, and how many seeds kept each."""
    transfers = list(frame[["source", "target"]].drop_duplicates().itertuples(index=False, name=None))
    kept = frame[frame["chosen"] == 1].groupby(list(_TRIAL), sort=False)["weights"]
    counts = {key: Counter(weights) for key, weights in kept}
    names = dataset_titles(evidence)

    def entries(strategy: str, fraction: int) -> list[Cell]:
        found = [counts.get((*pair, strategy, fraction)) for pair in transfers]
        return [EMPTY if count is None else Cell(_summary(count)) for count in found]

    return View(
        caption="Weights against forgetting that validation chose.",
        header=[
            ("strategy",),
            ("target data",),
            *((f"{names[source]} → {names[target]}",) for source, target in transfers),
        ],
        rows=by_strategy(frame, entries),
        text_columns=2,
        notes=_notes(frame),
        wide=True,
    )


def _notes(frame: pd.DataFrame) -> list[str]:
    if frame.empty:
        return ["No recipe in use lists several values, so there was nothing to choose."]
    run = "model of a seed and fold" if frame["fold"].any() else "seed"
    return [
        f"Each {run} chooses for itself: it trains with every value that the recipe lists and keeps that "
        "with the highest mean of the accuracies on the validation subsets of source and target (of all "
        "data sets of its stages, where there are more), of equals the first. No test face is looked at.",
        "In parentheses: how many kept the value, where they differ. All that was tried is in the CSV file.",
    ]


def _summary(count: Counter[str]) -> str:
    if len(count) == 1:
        return next(iter(count))
    return "; ".join(f"{weights} ({seeds})" for weights, seeds in sorted(count.items()))


TABLE = Table(weights_table, _weights_view, keys=_KEYS)
