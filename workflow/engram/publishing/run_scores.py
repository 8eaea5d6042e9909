"""The scores of predictions, as tracking shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from engram.core.errors import PredictionsError
from engram.core.labels import kind_of
from engram.core.reading import read_table
from engram.publishing.jobs import TrackedTask
from engram.statistics.metrics import accuracy, macro_f1
from engram.statistics.spans import Counts, f1, precision, recall
from engram.studies.general.evidence.metrics import unit_values

__all__ = ["lineage_scores", "task_scores"]


def lineage_scores(path: Path, dataset: str, kind: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the scores of an evaluation and of its models on a test subset, 0 to 1, with the run's name.

    A training has ``test_accuracy/<data set>``, of entities ``test_f1/<data set>``, and the like; an
    evaluation the smallest, the mean and the largest over models and seeds.

    Parameters
    ----------
    path
        Of the evaluation's record, which the predictions lie beside.
    kind
        Of the evaluation's run.
    """
    table = _read_scores(path.with_name("predictions.parquet"))
    training = kind.replace("evaluation", "training")
    for (lineage, seed), row in table.iterrows():
        measured = row.dropna().items()
        yield (
            f"{training}/{lineage}/seed{seed}",
            {f"{metric}/{dataset}": float(value) for metric, value in measured},
        )
    ends = table.agg(["min", "mean", "max"])
    found = {f"{metric}_{end}": float(ends.loc[end, metric]) for metric in ends for end in ends.index}
    yield f"{kind}/{dataset}", found


def _read_scores(path: Path) -> pd.DataFrame:
    """Return the scores by lineage and seed: of faces accuracy and macro F1, of text what was measured."""
    frame = read_table(path, PredictionsError, ("lineage", "seed"))
    if "measure" in frame:
        return _text_scores(frame)
    words = sorted({*frame["truth"], *frame["prediction"].dropna()})
    rows = {}
    for key, part in frame.groupby(["lineage", "seed"]):
        # An undetected face has no prediction, whose code is -1.
        truth, answers = (pd.Categorical(part[name], words).codes for name in ("truth", "prediction"))
        macro = macro_f1(truth, answers[None], len(words))[0]
        rows[key] = {"test_accuracy": accuracy(truth, answers), "test_macro_f1": macro}
    return pd.DataFrame.from_dict(rows, orient="index")


def _text_scores(frame: pd.DataFrame) -> pd.DataFrame:
    """Return F1, precision and recall of entities; of words, and of language, the fraction that is right."""
    rows: dict[Any, dict[str, float]] = {}
    sums = frame.groupby(["lineage", "seed", "measure"])[["right", "truth", "answered"]].sum()
    for (lineage, seed, measure), row in sums.iterrows():
        counted = Counts(*map(int, row))
        found = rows.setdefault((lineage, seed), {})
        found[f"test_{measure}"] = f1(counted)
        if measure == "f1":
            found |= {"test_precision": precision(counted), "test_recall": recall(counted)}
    return pd.DataFrame.from_dict(rows, orient="index")


def task_scores(path: Path, solved: TrackedTask) -> dict[str, float]:
    """Return the scores of a task of the general study, by method and by seed.

    ``test_accuracy/h_unique`` is the mean over seeds, ``test_accuracy/h_unique/seed1`` one of them.
    """
    frame = read_table(path, PredictionsError, ("method", "seed"))
    frame = frame.assign(value=unit_values(kind_of(solved.task), frame))
    scores = {}
    for method, part in frame.groupby("method", sort=False):
        by_seed = part.groupby("seed")["value"].mean()
        scores[f"{solved.metric}/{method}"] = float(by_seed.mean())
        scores |= {f"{solved.metric}/{method}/seed{seed}": float(value) for seed, value in by_seed.items()}
    return scores
