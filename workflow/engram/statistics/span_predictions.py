"""Saved predictions of texts: read once, checked whole, held as arrays of models, seeds and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from engram.core.errors import PredictionsError
from engram.core.reading import read_table
from engram.statistics.intervals import Scores, ratio_scores
from engram.statistics.predictions import require_models, require_seeds, require_whole_grid

__all__ = ["MEASURES", "SpanPredictions", "read_span_predictions"]

#: The measure of each kind of text that its scores are of, and what it is called.
MEASURES = {"entities": "f1", "tokens": "accuracy", "language": "words"}

_AGAIN = "Delete the file and run snakemake again; it is made anew from the models."
_KEYS = ["lineage", "seed", "row"]
_COUNTS = ["right", "truth", "answered"]


@dataclass(frozen=True, eq=False)
class SpanPredictions:
    """Every model's answers to one data set's test subset, by one measure.

    M models, S seeds, N test sentences.
    """

    dataset: str
    measure: str
    """``f1`` of entities, ``accuracy`` of tokens, or of unlabelled text ``words`` and ``sentences``."""
    models: tuple[str, ...]
    """The M lineages, sorted."""
    seeds: tuple[int, ...]
    rows: np.ndarray
    """(N,) index of each sentence in the stored text, rising."""
    documents: np.ndarray
    """(N,) the document of each sentence."""
    right: np.ndarray
    """(M, S, N) right answers."""
    truth: np.ndarray
    """(M, S, N) true ones."""
    answered: np.ndarray
    """(M, S, N) found ones."""
    gold: np.ndarray
    """(N,) true entities, packed; empty for other measures."""
    found: np.ndarray
    """(M, S, N) found entities, packed; empty for other measures."""

    def scores(self, confidence: float) -> Scores:
        """Return F1, or accuracy, of every model in percent."""
        counts = (self.right, self.truth, self.answered)
        return ratio_scores(self.models, *counts, self.documents, self.dataset, confidence)

    def first_seeds(self, count: int | None) -> SpanPredictions:
        """Return the predictions of the first ``count`` seeds; None: of all."""
        kept = {name: getattr(self, name)[:, :count] for name in ("right", "truth", "answered", "found")}
        return replace(self, seeds=self.seeds[:count], **kept)

    def only(self, model: str) -> SpanPredictions:
        """Return the predictions of one model, M = 1."""
        place = self.models.index(model)
        kept = {
            name: getattr(self, name)[place : place + 1] for name in ("right", "truth", "answered", "found")
        }
        return replace(self, models=(model,), **kept)


def read_span_predictions(
    path: str | Path, dataset: str, seeds: Sequence[int], lineages: Sequence[str] = ()
) -> dict[str, SpanPredictions]:
    """Read a ``predictions.parquet`` of the study of named entities and check it; measure -> predictions.

    Parameters
    ----------
    lineages
        The models that must be there; others may be.

    Raises
    ------
    PredictionsError
        If the file is missing or damaged, a model lacks a seed or a sentence, a sentence is predicted twice,
        or two models disagree on what is true. The message says which, and what to do.
    """
    path = Path(path)
    frame = read_table(
        path, PredictionsError, [*_KEYS, *_COUNTS, "subject", "measure", "gold", "found"], _AGAIN
    )
    if frame.empty:
        raise PredictionsError(f"{path}: there is no prediction in it. {_AGAIN}")
    require_models(path, frame["lineage"].unique(), lineages, _AGAIN)
    return {
        str(measure): _checked(path, dataset, str(measure), part, seeds)
        for measure, part in frame.groupby("measure", sort=True)
    }


def _checked(
    path: Path, dataset: str, measure: str, frame: pd.DataFrame, seeds: Sequence[int]
) -> SpanPredictions:
    frame = frame.sort_values(_KEYS, ignore_index=True)
    models, known, rows = (np.unique(frame[key]) for key in _KEYS)
    require_seeds(path, known, seeds, _AGAIN)
    shape = (len(models), len(known), len(rows))
    require_whole_grid(path, frame, len(models) * len(known) * len(rows), _KEYS, _AGAIN)
    documents, gold, found = (
        frame[name].fillna("").to_numpy(dtype=object).reshape(shape) for name in ("subject", "gold", "found")
    )
    if (documents != documents[0, 0]).any() or (gold != gold[0, 0]).any():
        raise PredictionsError(
            f"{path}: two models disagree on the document or the entities of a sentence. {_AGAIN}"
        )
    counts = {name: frame[name].to_numpy(np.int64).reshape(shape) for name in _COUNTS}
    return SpanPredictions(
        dataset,
        measure,
        tuple(map(str, models)),
        tuple(map(int, known)),
        rows,
        documents[0, 0].astype(str),
        gold=gold[0, 0],
        found=found,
        **counts,
    )
