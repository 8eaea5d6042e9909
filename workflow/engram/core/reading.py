"""Files of results, read such that a damaged one is named in one error of the project.

Libraries raise almost anything on damaged bytes, so everything is caught here, in one place for each
format; safetensors files are read by `engram.models.files.read_tensors`.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from engram.core.errors import EngramError

__all__ = ["AGAIN", "first_line", "last_line", "open_array", "read_csv", "read_json", "read_table"]

_Read = TypeVar("_Read")

#: What mends a file that jobs write.
AGAIN = "Delete it and run snakemake again."
#: Most characters of a library's message that ours repeats.
_SHOWN = 200


def read_table(
    path: Path, error: type[EngramError], columns: Iterable[str] = (), again: str = AGAIN
) -> pd.DataFrame:
    """Return a Parquet file's table.

    Parameters
    ----------
    error
        Class of what is raised if the file is missing or damaged, or lacks one of ``columns``.
    again
        What to do then.
    """
    return _with_columns(path, _read(path, pd.read_parquet, error, again), error, columns, again)


def read_csv(
    path: Path, error: type[EngramError], columns: Iterable[str] = (), again: str = AGAIN, **how: Any
) -> pd.DataFrame:
    """Return a CSV file's table, as `read_table` does; ``how`` goes to `pandas.read_csv`."""
    table = _read(path, lambda file: _parse(file, how), error, again)
    return _with_columns(path, table, error, columns, again)


def read_json(path: Path, error: type[EngramError], again: str = AGAIN) -> Any:
    """Return what a JSON file holds; raise ``error`` if the file is missing or damaged."""
    return _read(path, lambda file: json.loads(file.read_text(encoding="utf-8")), error, again)


def open_array(path: Path, error: type[EngramError], again: str = AGAIN) -> np.ndarray:
    """Return an ``.npy`` file's array, memory-mapped; raise ``error`` if it is missing or damaged."""
    return _read(path, _map_array, error, again)


def first_line(problem: Exception) -> str:
    """Return the beginning of an exception's message; its class where it has none."""
    return _lines(problem)[0][:_SHOWN]


def last_line(problem: Exception) -> str:
    """Return the last line of an exception's message: where programs in files put the cause."""
    return _lines(problem)[-1][:_SHOWN]


def _lines(problem: Exception) -> list[str]:
    return str(problem).strip().splitlines() or [type(problem).__name__]


def _parse(path: Path, how: dict[str, Any]) -> pd.DataFrame:
    # Without these two a column too many becomes row names, or is dropped with a warning.
    with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
        return pd.read_csv(path, index_col=False, **how)


def _map_array(path: Path) -> np.ndarray:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise ValueError("an archive, not one array")
    return array


def _read(path: Path, reader: Callable[[Path], _Read], error: type[EngramError], again: str) -> _Read:
    try:
        return reader(path)
    except FileNotFoundError:
        way_out = "Run snakemake again." if again == AGAIN else again
        raise error(f"{path}: this file is missing. {way_out}") from None
    except Exception as problem:  # whatever the library makes of damaged bytes
        raise error(f"{path}: this file is damaged ({first_line(problem)}). {again}") from None


def _with_columns(
    path: Path, table: pd.DataFrame, error: type[EngramError], columns: Iterable[str], again: str
) -> pd.DataFrame:
    missing = [name for name in columns if name not in table]
    if missing:
        raise error(f"{path}: there is no column '{missing[0]}', so it is not what was written. {again}")
    return table
