"""Saved predictions: read once, checked whole, held as arrays of models, seeds and images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from engram.core.errors import PredictionsError
from engram.core.labels import CLASSES
from engram.core.reading import read_table

__all__ = [
    "UNDETECTED",
    "Predictions",
    "read_predictions",
    "require_models",
    "require_seeds",
    "require_whole_grid",
]

#: Stands for the predicted class of an image in which no face was found.
UNDETECTED = -1

_AGAIN = "Delete the file and run snakemake again; it is made anew from the models."
_KEYS = ["lineage", "seed", "row"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Every model's predictions on one data set's test subset.

    M models, S seeds, N images, C classes. Every model has predicted the same images.
    """

    dataset: str
    classes: tuple[str, ...]
    """The C class words, in the order of a head's outputs."""
    models: tuple[str, ...]
    """The M lineages, sorted."""
    seeds: tuple[int, ...]
    """The S seeds, sorted."""
    rows: np.ndarray
    """(N,) index of each image among the data set's faces, rising."""
    subjects: np.ndarray
    """(N,) the subject in each image."""
    truth: np.ndarray
    """(N,) true class as an index into ``classes``."""
    predicted: np.ndarray
    """(M, S, N) predicted class; ``UNDETECTED`` where no face was found."""
    scores: np.ndarray
    """(M, S, N, C) float32 score of each class; NaN where no face was found."""

    @property
    def correct(self) -> np.ndarray:
        """(M, S, N) whether the prediction is right; an undetected face is wrong."""
        return self.predicted == self.truth

    def first_seeds(self, count: int | None) -> Predictions:
        """Return the predictions of the first ``count`` seeds; None: of all."""
        return replace(
            self,
            seeds=self.seeds[:count],
            predicted=self.predicted[:, :count],
            scores=self.scores[:, :count],
        )

    def index(self, lineage: str) -> int:
        """Return the position of a model.

        Raises
        ------
        PredictionsError
            If the model has not predicted this data set.
        """
        try:
            return self.models.index(lineage)
        except ValueError:
            raise PredictionsError(
                f"data set '{self.dataset}': there are no predictions of model '{lineage}'. {_AGAIN}"
            ) from None


def read_predictions(
    path: str | Path, dataset: str, task: str, seeds: Sequence[int], lineages: Sequence[str] = ()
) -> Predictions:
    """Read a ``predictions.parquet`` and check it.

    Parameters
    ----------
    path
        The file; one row a model, seed and test image.
    dataset, task
        The data set's name and its task, whose classes the predictions use.
    seeds
        The seeds that every model must have.
    lineages
        The models that must be there; others may be.

    Raises
    ------
    PredictionsError
        If the file is missing or a column, a class, a model or an image in it is missing,
        unknown, doubled or contradictory. The message says which, and what to do.
    """
    path = Path(path)
    classes = CLASSES[task]
    frame = _read(path, classes)
    require_models(path, frame["lineage"].cat.categories, lineages, _AGAIN)
    frame = frame.sort_values(_KEYS, ignore_index=True)
    models, found, rows = (np.unique(frame[key]) for key in _KEYS)
    require_seeds(path, found, seeds, _AGAIN)
    require_whole_grid(path, frame, len(models) * len(found) * len(rows), _KEYS, _AGAIN)
    shape = (len(models), len(found), len(rows))
    truth = _codes(path, frame["truth"], classes).reshape(shape)
    subjects = frame["subject"].to_numpy(dtype=object).reshape(shape)
    if (truth != truth[0, 0]).any() or (subjects != subjects[0, 0]).any():
        raise PredictionsError(
            f"{path}: two models disagree on the truth or the subject of an image. {_AGAIN}"
        )
    return Predictions(
        dataset=dataset,
        classes=classes,
        models=tuple(map(str, models)),
        seeds=tuple(map(int, found)),
        rows=rows,
        subjects=subjects[0, 0].astype(str),
        truth=truth[0, 0],
        predicted=_codes(path, frame["prediction"], classes).reshape(shape),
        scores=frame[[f"score_{name}" for name in classes]]
        .to_numpy(np.float32)
        .reshape(*shape, len(classes)),
    )


def _read(path: Path, classes: tuple[str, ...]) -> pd.DataFrame:
    wanted = [*_KEYS, "subject", "truth", "prediction", "detected", *(f"score_{name}" for name in classes)]
    frame = read_table(path, PredictionsError, wanted, _AGAIN)
    if frame.empty:
        raise PredictionsError(f"{path}: there is no prediction in it. {_AGAIN}")
    if (frame["prediction"].isna() == frame["detected"].astype(bool)).any():
        raise PredictionsError(
            f"{path}: a prediction is empty where a face was detected, or the reverse. {_AGAIN}"
        )
    return frame[wanted].astype({"lineage": "category"})


def require_models(path: Path, found: Iterable[str], needed: Iterable[str], again: str) -> None:
    """Refuse a file that lacks one of the models ``needed``; ``again`` says what to do then."""
    missing = sorted({*needed} - {*found})
    if missing:
        raise PredictionsError(
            f"{path}: no predictions of model '{missing[0]}' ({len(missing)} missing). {again}"
        )


def require_seeds(path: Path, found: np.ndarray, needed: Iterable[int], again: str) -> None:
    """Refuse a file of other seeds, sorted in ``found``, than those ``needed``."""
    if list(found) != sorted(needed):
        raise PredictionsError(
            f"{path}: it holds seeds {found.tolist()}, the settings say {sorted(needed)}. {again}"
        )


def require_whole_grid(
    path: Path, frame: pd.DataFrame, expected: int, keys: Sequence[str], again: str
) -> None:
    """Refuse doubled rows and models that have not predicted every item.

    Parameters
    ----------
    expected
        How many rows there are if every model's seed has predicted every item.
    keys
        The columns that name a row, of which the first two are ``lineage`` and ``seed``.
    again
        What to do then.
    """
    doubled = frame.duplicated(list(keys))
    if doubled.any():
        first = frame.loc[doubled, list(keys)].iloc[0].to_dict()
        raise PredictionsError(f"{path}: an item is predicted twice by one model: {first}. {again}")
    if len(frame) != expected:
        counts = frame.groupby(["lineage", "seed"], observed=False).size()
        lineage, seed = counts.idxmin()
        raise PredictionsError(
            f"{path}: model '{lineage}', seed {seed}, has {counts.min()} predictions "
            f"where others have {counts.max()}. {again}"
        )


def _codes(path: Path, words: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Return class words as indices into ``classes``, missing ones as ``UNDETECTED``."""
    codes = pd.Index(classes).get_indexer(words)
    unknown = words[(codes < 0) & words.notna()] if words.name == "prediction" else words[codes < 0]
    if len(unknown):
        raise PredictionsError(
            f"{path}: column '{words.name}' holds '{unknown.iloc[0]}', which is none of the classes "
            f"{', '.join(classes)}. {_AGAIN}"
        )
    return codes.astype(np.int8)
