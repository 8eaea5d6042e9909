"""Accuracy on source and target of every strategy, with intervals. Rows of a strategy differ in the
fraction of the target's training subset.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY, accuracy_cell, accuracy_columns, by_strategy
from engram.reporting.tables import Table, View
from engram.statistics.metrics import macro_f1
from engram.studies.lineage.trials import Trial
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import accuracy_notes
from engram.studies.memory.printed import read_printed
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE", "integrity_table"]


def integrity_table(evidence: Evidence) -> pd.DataFrame:
    """Return the accuracy of every trial's model on its source and its target.

    Columns: source, target, evaluated_on, strategy, fraction, seeds, n (test images), accuracy,
    low, high, macro_f1 (all in percent, means over seeds) and published (percent; missing where
    source and target are not the paper's own data sets). A model that was never trained on the source has
    no row for it.
    """
    f1 = {name: _macro_f1(evidence, name) for name in evidence.datasets}
    rows = [_integrity_row(evidence, trial, role, f1) for trial in evidence.trials for role in trial.roles]
    return pd.DataFrame(rows)


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
        **accuracy_columns(evidence.scores[dataset].of(lineage)),
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


def _integrity_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Strategies and fractions down, transfers across, as in the paper's tables."""
    keys = ["source", "target", "evaluated_on"]
    columns = list(frame[keys].drop_duplicates().itertuples(index=False, name=None))
    best = frame.groupby(keys, sort=False)["accuracy"].max()
    cells = {
        (*row[:3], row.strategy, row.fraction): accuracy_cell(row, best[tuple(row[:3])])
        for row in frame.itertuples(index=False)
    }
    names = dataset_titles(evidence)
    return View(
        caption="Memory integrity: accuracy in percent on the test subsets of source and target.",
        header=[("", "strategy"), ("", "target data")]
        + [(f"{names[source]} → {names[target]}", role) for source, target, role in columns],
        rows=by_strategy(frame, lambda *trial: [cells.get((*column, *trial), EMPTY) for column in columns]),
        text_columns=2,
        notes=accuracy_notes(bool(frame["published"].notna().any()), evidence),
        wide=True,
        stacked=True,
    )


TABLE = Table(
    integrity_table, _integrity_view, keys=("source", "target", "evaluated_on", "strategy", "fraction")
)
