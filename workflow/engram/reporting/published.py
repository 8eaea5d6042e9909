"""Printed figures of a paper, copied into CSV files: read and checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from engram.core.errors import ConfigurationError

__all__ = ["read_published"]


@cache
def read_published(path: Path, columns: tuple[str, ...], keys: int) -> pd.DataFrame:
    """Return a printed table. Lines of the file that begin with ``#`` are comments.

    Parameters
    ----------
    path
        CSV file with the printed figures.
    columns
        Its columns, in order. Only ``note`` may be empty; ``accuracy`` is in percent.
    keys
        How many of the first columns together name a row.

    Raises
    ------
    ConfigurationError
        If a column or a figure is missing, a figure is out of range, or a row occurs twice.
    """
    frame = pd.read_csv(path, comment="#")
    if tuple(frame.columns) != columns:
        raise ConfigurationError(
            f"{path}: the columns are {list(frame.columns)}, expected {list(columns)}. "
            "Restore the file from the repository."
        )
    if "note" in frame:
        frame["note"] = frame["note"].fillna("")
    figures = frame.select_dtypes("number")
    if frame.isna().any(axis=None) or (figures < 0).any(axis=None):
        raise ConfigurationError(
            f"{path}: a figure is missing or negative. Restore the file from the repository."
        )
    if frame.duplicated(list(columns[:keys])).any():
        raise ConfigurationError(f"{path}: a row occurs twice. Restore the file from the repository.")
    if "accuracy" in frame and frame["accuracy"].max() > 100:
        raise ConfigurationError(
            f"{path}: an accuracy exceeds 100 percent. Restore the file from the repository."
        )
    return frame
