"""When a model forgets: accuracy on source and target after each epoch of its last stage, on validation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from engram.core.records import Record
from engram.studies.lineage.protocols import StudyEvidence
from engram.studies.lineage.trials import Trial

__all__ = [
    "ROLES",
    "adaptation",
    "adapting",
    "full_fraction",
    "lost_by_epoch",
    "test_scores",
    "validation_scores",
]

ROLES = ("source", "target")
#: Begins the name of a data set in an entry of a curve where the score is that on its test subset.
TEST = "test/"
_COLUMNS = [
    *("source", "target", "strategy", "fraction", "lineage", "seed", "fold", "epoch"),
    *("kept", "last", "source_accuracy", "target_accuracy"),
]


def adapting(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials whose model continues another: only these forget while they train."""
    return [trial for trial in trials if trial.lineage.parent and trial.fraction]


def full_fraction(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each transfer's largest fraction."""
    largest = frame.groupby(["source", "target"])["fraction"].transform("max")
    return frame[frame["fraction"] == largest]


def adaptation(evidence: StudyEvidence, trials: Iterable[Trial]) -> pd.DataFrame:
    """Return the accuracy of each trial's models on the validation subsets, after each epoch.

    Columns: source, target, strategy, fraction, lineage, seed, fold (0 without folds), epoch (0 is the model
    that is adapted), ``kept`` (whether the model that is kept is of this epoch), ``last`` (whether
    training ended with it), and ``source_accuracy`` and ``target_accuracy`` in percent; missing where a data
    set has no validation subset.
    """
    rows = [row for trial in adapting(trials) for row in _rows(evidence, trial)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def lost_by_epoch(evidence: StudyEvidence, trial: Trial, role: str) -> pd.DataFrame:
    """Return the points of accuracy lost on source or target, on validation, after each epoch of a trial.

    What is lost is counted from the model that is adapted. A trial that adapts none is counted from the kept
    model of the baseline with the same seed: missing where that was not validated on the data set alone.

    Returns
    -------
    pandas.DataFrame
        A row an epoch, a column a seed and fold.
    """
    curves = pd.DataFrame(_rows(evidence, trial), columns=_COLUMNS)
    table = curves.pivot(index="epoch", columns=["seed", "fold"], values=f"{role}_accuracy")
    if trial.lineage.parent:
        return table.iloc[0] - table
    kept = _kept_accuracy(evidence, evidence.baseline(trial.source, trial.target), getattr(trial, role))
    return -table.sub(kept, axis=1, level="seed")


def _kept_accuracy(evidence: StudyEvidence, baseline: Trial, dataset: str) -> pd.Series:
    """Return the accuracy on validation of a model that was trained on one data set, in percent; by seed."""
    mine = baseline.lineage.stage.datasets == [dataset]
    found: dict[int, list[float]] = {}
    for seed, record in _trainings(evidence, baseline):
        kept = [one["validation_accuracy"] for one in record.history if one["epoch"] == _kept(record)]
        found.setdefault(seed, []).append(100 * kept[0] if mine and kept else float("nan"))
    return pd.Series({seed: sum(values) / len(values) for seed, values in found.items()})


def _rows(evidence: StudyEvidence, trial: Trial) -> Iterator[dict]:
    names = {role: getattr(trial, role) for role in ROLES}
    for seed, record in _trainings(evidence, trial):
        for entry in record.curves:
            yield {
                **names,
                "strategy": trial.strategy,
                "fraction": trial.fraction,
                "lineage": str(trial.lineage),
                "seed": seed,
                "fold": max(record.folds.values(), default=0),
                "epoch": int(entry["epoch"]),
                "kept": entry["epoch"] == _kept(record),
                "last": entry["epoch"] == record.curves[-1]["epoch"],
                **{f"{role}_accuracy": 100 * entry.get(name, float("nan")) for role, name in names.items()},
            }


def _trainings(evidence: StudyEvidence, trial: Trial) -> Iterator[tuple[int, Record]]:
    """Yield the records of a trial's models, of each seed and fold."""
    for seed in evidence.seeds:
        for record in evidence.trainings(trial.lineage, seed):
            yield seed, record


def _kept(record: Record) -> float:
    return record.metrics["best_epoch"]


def validation_scores(entry: dict[str, float]) -> dict[str, float]:
    """Return an entry of a training's curves without scores on test subsets, which choose nothing."""
    return {name: value for name, value in entry.items() if not name.startswith(TEST)}


def test_scores(entry: dict[str, float]) -> dict[str, float]:
    """Return data set -> score on its test subset, of an entry of a training's curves."""
    return {name.removeprefix(TEST): value for name, value in entry.items() if name.startswith(TEST)}
