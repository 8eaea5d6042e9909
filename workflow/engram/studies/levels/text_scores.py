"""From saved predictions on a text to the score of every model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engram.core.errors import PredictionsError
from engram.core.reading import read_table
from engram.statistics.intervals import Scores, ratio_scores

__all__ = ["text_scores"]

#: What a text is labelled with -> the measure of its predictions.
_MEASURES = {"entities": "f1", "tokens": "accuracy", "language": "words"}
_KEYS = ["lineage", "seed", "row"]
_COUNTS = ["right", "truth", "answered"]
_AGAIN = "Delete the file and run snakemake again; it is made anew from the models."


def text_scores(
    path: Path,
    dataset: str,
    kind: str,
    seeds: Sequence[int],
    lineages: Sequence[str],
    confidence: float = 0.95,
    *,
    first: int | None = None,
) -> Scores:
    """Return every model's F1, accuracy or percentage of recovered words on a text, by the text's kind.

    Parameters
    ----------
    path
        Predictions: a row a model, seed, test sentence and measure, with counts right, truth and answered.
    lineages
        The models that must be there; others may be.
    first
        How many of the seeds count, in their order; None: all.

    Raises
    ------
    PredictionsError
        If the file is missing, or a column, model, seed or sentence in it.
    """
    frame = read_table(path, PredictionsError, [*_KEYS, "subject", "measure", *_COUNTS], _AGAIN)
    frame = frame[frame["measure"] == _MEASURES[kind]].sort_values(_KEYS, ignore_index=True)
    models, found, rows = (np.unique(frame[key].astype(str if key == "lineage" else int)) for key in _KEYS)
    missing = sorted({*lineages} - {*map(str, models)})
    if missing:
        raise PredictionsError(
            f"{path}: no predictions of model '{missing[0]}' ({len(missing)} missing). {_AGAIN}"
        )
    if list(found) != sorted(seeds):
        raise PredictionsError(
            f"{path}: it holds seeds {found.tolist()}, the settings say {sorted(seeds)}. {_AGAIN}"
        )
    shape = (len(models), len(found), len(rows))
    if len(frame) != np.prod(shape) or frame.duplicated(_KEYS).any():
        raise PredictionsError(
            f"{path}: a model's seed lacks a test sentence that another has, or has it twice. {_AGAIN}"
        )
    right, truth, answered = (frame[name].to_numpy(float).reshape(shape)[:, :first] for name in _COUNTS)
    subjects = frame["subject"].to_numpy(dtype=object).reshape(shape)[0, 0].astype(str)
    return ratio_scores([*map(str, models)], right, truth, answered, subjects, dataset, confidence)
