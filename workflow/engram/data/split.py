"""The split of a data set as it is stored and used: a row's subset, checked whenever it is read."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from engram.core.errors import SplitError
from engram.core.files import text_hash, write_text
from engram.core.reading import AGAIN, read_csv
from engram.data.manifest import SUBSETS

__all__ = ["Split", "read_split", "validate_split", "write_split"]

COLUMNS = ["row", "subject", "subset", "rank", "scheme"]
SCHEMES = ("subject", "published", "official", "official_test")


@dataclass(frozen=True)
class Split:
    """A checked split."""

    table: pd.DataFrame
    """``row``, ``subject``, ``subset``, ``rank``, ``scheme``; by row."""
    hash: str
    """SHA-256 of its content; it goes into every record."""

    @classmethod
    def of(cls, table: pd.DataFrame, where: str | Path = "split") -> Split:
        """Check ``table`` and make it a split; without a column ``scheme`` the strictest holds."""
        if "scheme" not in table:
            table = table.assign(scheme="subject")
        validate_split(table, where)
        table = table[COLUMNS].sort_values("row", ignore_index=True)
        return cls(table, text_hash(_text(table)))

    def rows(self, subset: str, percent: int = 100) -> np.ndarray:
        """Return the rows of a subset, ascending, int64.

        ``percent`` takes that share of the training rows, at least one; the rows of a smaller
        share lie among those of a larger one. Validation and test are always whole.
        """
        part = self.table[self.table["subset"] == subset]
        if subset == "train":
            part = part[part["rank"] < max(1, round(percent * len(part) / 100))]
        return part["row"].to_numpy(dtype=np.int64)


def write_split(path: str | Path, table: pd.DataFrame) -> None:
    """Check ``table`` and write it to ``path`` as CSV, atomically, sorted by row."""
    write_text(path, _text(Split.of(table, path).table))


def read_split(path: str | Path, faces: int | None = None) -> Split:
    """Read and check a split.

    Parameters
    ----------
    faces
        How many faces the data set has: no row may lie beyond.

    Raises
    ------
    SplitError
        If the file is missing or damaged, a row stands there twice or is none of the data set's,
        a subset is unknown, or a subject stands in two subsets (under scheme ``published``
        training and validation may share subjects; test never).
    """
    types = {"row": "int64", "subject": str, "subset": str, "rank": "int64", "scheme": str}
    table = read_csv(Path(path), SplitError, COLUMNS, dtype=types, keep_default_na=False)
    split = Split.of(table, path)
    if faces is not None and split.table["row"].max() >= faces:
        raise SplitError(
            f"{path}: row {split.table['row'].max()} is none of the data set's {faces} faces. {AGAIN}"
        )
    return split


def validate_split(table: pd.DataFrame, where: str | Path) -> None:
    """Refuse a split that mixes subjects or is not well formed; `read_split` lists the causes."""
    again = "Delete the split and run snakemake again."
    for column in COLUMNS:
        if column not in table:
            raise SplitError(f"{where}: the column '{column}' is missing. {again}")
    unknown = set(table["subset"]) - set(SUBSETS)
    if unknown:
        raise SplitError(
            f"{where}: unknown subset '{min(map(str, unknown))}'. Known: {', '.join(SUBSETS)}. {again}"
        )
    if table["row"].lt(0).any():
        raise SplitError(f"{where}: row {table['row'].min()} is below 0. {again}")
    if table["row"].duplicated().any():
        twice = table["row"][table["row"].duplicated()].iloc[0]
        raise SplitError(f"{where}: row {twice} stands there twice. {again}")
    ranks = table["rank"][table["subset"] == "train"]
    if sorted(ranks) != list(range(len(ranks))):
        raise SplitError(
            f"{where}: the ranks of the training rows do not run from 0 to {len(ranks) - 1}. {again}"
        )
    if table["scheme"].nunique() != 1 or table["scheme"].iloc[0] not in SCHEMES:
        raise SplitError(
            f"{where}: 'scheme' must be one of {', '.join(SCHEMES)}, the same in each row. {again}"
        )
    _check_subjects(table, where)


def _check_subjects(table: pd.DataFrame, where: str | Path) -> None:
    groups = table["subset"]
    if table["scheme"].iloc[0] == "published":
        groups = groups.replace("validation", "train")
    pairs = pd.DataFrame({"subject": table["subject"], "group": groups}).drop_duplicates()
    mixed = pairs["subject"][pairs["subject"].duplicated()]
    if len(mixed):
        found = table["subset"][table["subject"] == mixed.iloc[0]].unique()
        raise SplitError(
            f"{where}: subject '{mixed.iloc[0]}' stands in {' and '.join(found)}. A person may be in "
            "one subset only: use scheme 'subject', or correct the official split."
        )


def _text(table: pd.DataFrame) -> str:
    buffer = io.StringIO()
    table[COLUMNS].to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue()
