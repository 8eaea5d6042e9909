"""The scores of predictions, as tracking shows them."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pandas as pd

from engram.core.errors import PredictionsError
from engram.core.labels import kind_of
from engram.core.paths import Layout
from engram.core.reading import read_table
from engram.statistics.metrics import accuracy, macro_f1
from engram.statistics.spans import Counts, f1, precision, recall
from engram.studies.general.evidence.metrics import metric_name, unit_values

__all__ = ["model_scores", "task_scores"]


def model_scores(path: Path, dataset: str) -> dict[Path, dict[str, float]]:
    """Return the scores on a test subset, 0 to 1, of each model that an evaluation tested.

    The keys are the records of the models, which lie in the study's folder as the evaluation does; values are
    ``test_accuracy/<data set>``, of entities ``test_f1/<data set>``, and the like.

    Parameters
    ----------
    path
        Of the evaluation's record, which the predictions lie beside.
    """
    frame = read_table(path.with_name("predictions.parquet"), PredictionsError, ("lineage", "seed"))
    measure = _text_scores if "measure" in frame else _face_scores
    study = Layout(path.parents[2])
    return {
        study.model_record(lineage, seed): {f"test_{name}/{dataset}": value for name, value in found.items()}
        for (lineage, seed), found in measure(frame).items()
    }


def _face_scores(frame: pd.DataFrame) -> dict[tuple, dict[str, float]]:
    """Return accuracy and macro F1 by lineage and seed."""
    words = sorted({*frame["truth"], *frame["prediction"].dropna()})
    scores = {}
    for key, part in frame.groupby(["lineage", "seed"]):
        # An undetected face has no prediction, whose code is -1.
        truth, answers = (pd.Categorical(part[name], words).codes for name in ("truth", "prediction"))
        macro = float(macro_f1(truth, answers[None], len(words))[0])
        scores[key] = {"accuracy": float(accuracy(truth, answers)), "macro_f1": macro}
    return scores


def _text_scores(frame: pd.DataFrame) -> dict[tuple, dict[str, float]]:
    """Return F1, precision and recall of entities; of words, and of language, the fraction that is right."""
    scores: defaultdict[tuple, dict[str, float]] = defaultdict(dict)
    sums = frame.groupby(["lineage", "seed", "measure"])[["right", "truth", "answered"]].sum()
    for (lineage, seed, measure), row in sums.iterrows():
        counted = Counts(*map(int, row))
        scores[lineage, seed][measure] = f1(counted)
        if measure == "f1":
            scores[lineage, seed] |= {"precision": precision(counted), "recall": recall(counted)}
    return scores


def task_scores(path: Path, label: str) -> dict[str, float]:
    """Return the scores of a task of the general study, by method and by seed.

    ``test_accuracy/h_unique`` is the mean over seeds, ``test_accuracy/h_unique/seed1`` one of them.

    Parameters
    ----------
    path
        Of the record, which the predictions lie beside.
    label
        What the task predicts.
    """
    kind = kind_of(label)
    frame = read_table(path.with_name("predictions.parquet"), PredictionsError, ("method", "seed"))
    frame = frame.assign(value=unit_values(kind, frame))
    metric = f"test_{metric_name(kind)}"
    scores = {}
    for method, part in frame.groupby("method", sort=False):
        by_seed = part.groupby("seed")["value"].mean()
        scores[f"{metric}/{method}"] = float(by_seed.mean())
        scores |= {f"{metric}/{method}/seed{seed}": float(value) for seed, value in by_seed.items()}
    return scores
