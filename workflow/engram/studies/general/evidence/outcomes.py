"""How well every method solved one task: its predictions are read, checked and measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from engram.core.errors import PredictionsError
from engram.core.reading import AGAIN, read_table
from engram.studies.general.evidence.metrics import truth_columns, unit_values
from engram.studies.general.task_plan import GeneralTask

__all__ = ["Outcome", "PairScores", "read_outcome", "read_pairs"]

_KEYS = ["method", "seed", "row"]
_COLUMNS = [*_KEYS, "subject", "detected"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What M methods with S seeds reached on the same N test units (faces, or pairs of faces)."""

    task: GeneralTask
    methods: tuple[str, ...]
    """In the order that was asked for."""
    rows: np.ndarray
    """(N,) the face's index in its data set, or the pair's number; rising."""
    subjects: np.ndarray
    """(N,) the subject of each face; of a pair, its fold."""
    detected: np.ndarray
    """(N,) whether the face (both faces) was found."""
    values: np.ndarray
    """(M, S, N) float64: see `engram.studies.general.evidence.metrics.unit_values`."""


@dataclass(frozen=True, eq=False)
class PairScores:
    """The similarities that M methods with S seeds gave to the same P pairs of faces."""

    methods: tuple[str, ...]
    similarity: np.ndarray
    """(M, S, P); NaN where a face was not detected."""
    same: np.ndarray
    """(P,) whether a pair is of one subject."""
    fold: np.ndarray
    """(P,) the pair's fold."""


def read_pairs(outcome: Outcome, files: Iterable[str | Path], seeds: Sequence[int]) -> PairScores:
    """Read the similarities behind the outcome of a verification, in its order of methods and pairs.

    Raises
    ------
    PredictionsError
        If a file lacks the similarities.
    """
    columns = [*_KEYS, "score", "truth", "fold"]
    frame = pd.concat([read_table(Path(path), PredictionsError, columns)[columns] for path in files])
    order = {name: place for place, name in enumerate(outcome.methods)}
    frame = frame[frame["method"].isin(order)].assign(method=lambda rows: rows["method"].map(order))
    frame = frame.sort_values(_KEYS, ignore_index=True)
    first = frame.iloc[: len(outcome.rows)]
    shape = (len(order), len(seeds), len(outcome.rows))
    return PairScores(
        outcome.methods,
        frame["score"].to_numpy(np.float64).reshape(shape),
        (first["truth"] == "same").to_numpy(bool),
        first["fold"].to_numpy(np.int64),
    )


def read_outcome(
    item: GeneralTask, files: Iterable[str | Path], methods: Sequence[str], seeds: Sequence[int]
) -> Outcome:
    """Read the predictions for a task and check them.

    Parameters
    ----------
    files
        ``predictions.parquet`` of all its methods.
    methods, seeds
        The methods and seeds that must be there; other methods are ignored.

    Raises
    ------
    PredictionsError
        If a file or column is missing, a method lacks a seed or a unit, or two methods
        disagree on the truth. The message says which, and what to do.
    """
    frame = pd.concat([_read(item, Path(path)) for path in files], ignore_index=True)
    for name in methods:
        found = sorted(frame.loc[frame["method"] == name, "seed"].unique().tolist())
        if found != sorted(seeds):
            raise PredictionsError(
                f"task '{item.name}', method '{name}': there are predictions of seeds {found}, the "
                f"settings say {sorted(seeds)}. Delete the folder of that method and run snakemake again."
            )
    order = {name: place for place, name in enumerate(methods)}
    frame = frame[frame["method"].isin(order)].assign(method=lambda rows: rows["method"].map(order))
    frame = frame.sort_values(_KEYS, ignore_index=True)
    shape = (len(methods), len(seeds), frame["row"].nunique())
    _require_whole_grid(item, frame, shape)
    _require_one_truth(item, frame, shape)
    first = frame.iloc[: shape[2]]
    values = frame["value"].to_numpy(np.float64).reshape(shape)
    labelled = ~np.isnan(values).all(axis=(0, 1))
    if not np.isfinite(values[..., labelled]).all():
        raise PredictionsError(f"task '{item.name}': a prediction is not a number. {AGAIN}")
    return Outcome(
        task=item,
        methods=tuple(methods),
        rows=first["row"].to_numpy(np.int64)[labelled],
        subjects=first["subject"].to_numpy(str)[labelled],
        detected=first["detected"].to_numpy(bool)[labelled],
        values=values[..., labelled],
    )


def _read(item: GeneralTask, path: Path) -> pd.DataFrame:
    """Return a file's keys, a hash of each row's truth, and its value."""
    frame = read_table(path, PredictionsError, _COLUMNS)
    try:
        known = frame[truth_columns(item.kind, list(frame))]
        known = known.astype(object if item.kind in ("classification", "identity") else "float64")
        truth = pd.util.hash_pandas_object(known, index=False).to_numpy()
        return frame[_COLUMNS].assign(truth=truth, value=unit_values(item.kind, frame))
    except (TypeError, ValueError, KeyError, PredictionsError) as error:
        raise PredictionsError(f"{path}: these are no predictions ({error}). {AGAIN}") from None


def _require_whole_grid(item: GeneralTask, frame: pd.DataFrame, shape: tuple[int, int, int]) -> None:
    """Refuse doubled units and methods that have not predicted every unit."""
    if frame.duplicated(_KEYS).any() or len(frame) != shape[0] * shape[1] * shape[2] or not shape[2]:
        raise PredictionsError(
            f"task '{item.name}': {len(frame)} predictions are there, not {shape[0]} methods x "
            f"{shape[1]} seeds x {shape[2]} test units. Delete its folder and run snakemake again."
        )


def _require_one_truth(item: GeneralTask, frame: pd.DataFrame, shape: tuple[int, int, int]) -> None:
    for column in ("truth", "subject"):
        words = frame[column].to_numpy(object).reshape(-1, shape[2])
        if (words != words[0]).any():
            raise PredictionsError(
                f"task '{item.name}': two methods disagree on the {column} of a test unit. "
                "Delete its folder and run snakemake again."
            )
