"""The printed figures of the papers: the project's own copies, read and checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from engram.core.errors import ConfigurationError

__all__ = ["FACTS", "printed_test_size", "read_published"]

_STUDIES = Path(__file__).parents[1] / "studies"

#: The columns of each printed table, and how many of the first name a row.
_COLUMNS = {
    "memory_datasets": (["dataset", "total", "training", "validation", "test"], 1),
    "memory_integrity": (["source", "target", "evaluated_on", "strategy", "fraction", "accuracy"], 5),
    "general_detection": (["domain", "detected", "undetected"], 1),
    "general_knowledge": (["knowledge", "task", "domain", "domain_size", "role"], 1),
    "general_operators": (["knowledge", "Concat", "PCA", "AE", "BT", "BCT"], 1),
    "general_reconstruction": (["embedding", "PCA", "AE", "VAE", "DAE", "E_MT", "E_unique"], 1),
    "general_source": (["knowledge", "metric", "original", "E_G", "E_unique"], 1),
    "general_transfer": (["knowledge", "metric", "representation", "value", "note"], 3),
}

#: What the printed figures themselves show, for the notes of the tables.
FACTS = {
    "JAFFE": "All nine printed JAFFE accuracies are whole numbers of the printed 67 test images.",
    "TFEID": "Eight of nine printed TFEID accuracies are whole numbers of the printed 58 test images; "
    "the ninth, 86.03, is not (50 of 58 are 86.21).",
    "FER": "The printed FER accuracies are whole numbers of 3,589 test images, but for 67.69 (2,429 are "
    "67.68). The printed parts of FER sum to 35,887; the paper prints a total of 35,888.",
    "MUG": "All nine printed MUG accuracies are whole numbers of 741 test images; none is one of the "
    "printed 734.",
}


@cache
def read_published(name: str) -> pd.DataFrame:
    """Return a printed table, such as ``memory_integrity`` (percent) or ``general_transfer``.

    Raises
    ------
    ConfigurationError
        If the copy lacks a column or a value, has a row twice or a figure out of range.
    """
    study, _, table = name.partition("_")
    path = _STUDIES / study / "published" / f"{table}.csv"
    columns, keys = _COLUMNS[name]
    frame = pd.read_csv(path, comment="#")
    if list(frame.columns) != columns:
        raise ConfigurationError(f"{path}: the columns are {list(frame.columns)}, expected {columns}.")
    if "note" in frame:
        frame["note"] = frame["note"].fillna("")
    figures = frame.select_dtypes("number")
    if frame.isna().any(axis=None) or (figures < 0).any(axis=None):
        raise ConfigurationError(
            f"{path}: a figure is missing or negative. Restore the file from the repository."
        )
    if frame.duplicated(columns[:keys]).any() or ("accuracy" in frame and frame["accuracy"].max() > 100):
        raise ConfigurationError(f"{path}: a row stands there twice, or an accuracy exceeds 100 percent.")
    return frame


def printed_test_size(dataset: str) -> int:
    """Return the printed number of test images of a data set, by its published name."""
    sizes = read_published("memory_datasets").set_index("dataset")["test"]
    return int(sizes[dataset])
