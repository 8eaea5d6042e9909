"""The split of a data set as it is stored and used: a row's subset, checked whenever it is read.

Where subjects are tested in folds, every row has a subset in each fold.
"""

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

__all__ = [
    "DROPPED",
    "Split",
    "dropped_images",
    "read_split",
    "subset_sizes",
    "validate_split",
    "write_split",
]

COLUMNS = ["row", "subject", "subset", "rank", "scheme", "fold"]
SCHEMES = ("subject", "published", "official", "official_test", "leave_one_out")
#: In place of the subset of a face that is a copy of one in a later subset; see `engram.data.images.copies`.
DROPPED = "dropped"
_AGAIN = "Delete the split and run snakemake again."


@dataclass(frozen=True)
class Split:
    """A checked split."""

    table: pd.DataFrame
    """``row``, ``subject``, ``subset``, ``rank``, ``scheme``, ``fold``; by fold, then row. A face that stands
    in no subset since it is a copy has the subset ``dropped``."""
    hash: str
    """SHA-256 of its content, all folds together; it goes into every record."""

    @classmethod
    def from_table(cls, table: pd.DataFrame, where: str | Path = "split") -> Split:
        """Check ``table`` and make it a split; ``scheme`` (the strictest) and ``fold`` may be missing."""
        missing = {"scheme": "subject", "fold": 0}
        table = table.assign(**{name: value for name, value in missing.items() if name not in table})
        validate_split(table, where)
        table = table[COLUMNS].sort_values(["fold", "row"], ignore_index=True)
        return cls(table, text_hash(_text(table)))

    @property
    def folds(self) -> int:
        """How many folds there are; 0 for a split without folds."""
        return int(self.table["fold"].max())

    def in_fold(self, fold: int) -> Split:
        """Return the subsets of one fold, under the hash of the whole; 0 for a split without folds.

        Raises
        ------
        SplitError
            If there is no such fold.
        """
        table = self.table[self.table["fold"] == fold]
        if table.empty:
            raise SplitError(f"The split has {self.folds} folds, and fold {fold} is none of them. {_AGAIN}")
        return Split(table.reset_index(drop=True), self.hash)

    def rows(self, subset: str, percent: int = 100) -> np.ndarray:
        """Return the rows of a subset, ascending, int64; where there are folds, of the first.

        ``percent`` takes that share of the training rows, as near as whole units allow, at least one
        unit: a unit is a take or a subject, see `engram.data.takes`. The rows of a smaller share lie
        among those of a larger one. Validation and test are always whole.
        """
        first = self.table["fold"] == self.table["fold"].min()
        part = self.table[first & (self.table["subset"] == subset)]
        if subset == "train":
            # The rows of a unit share the rank at which it begins: it is in if its middle is.
            size = part.groupby("rank")["rank"].transform("size")
            part = part[
                (2 * part["rank"] + size <= 2 * round(percent * len(part) / 100)) | (part["rank"] == 0)
            ]
        return part["row"].to_numpy(dtype=np.int64)

    def tested(self) -> pd.DataFrame:
        """Return the rows that are tested, ascending, each with the ``fold`` in which it is."""
        part = self.table[self.table["subset"] == "test"]
        return part[["row", "fold"]].sort_values("row", ignore_index=True)


def write_split(path: str | Path, table: pd.DataFrame) -> None:
    """Check ``table`` and write it to ``path`` as CSV, atomically, sorted by fold and row."""
    write_text(path, _text(Split.from_table(table, path).table))


def read_split(path: str | Path, faces: int | None = None) -> Split:
    """Read and check a split.

    Parameters
    ----------
    faces
        How many faces the data set has: no row may lie beyond.

    Raises
    ------
    SplitError
        If the file is missing or damaged, a row stands in a fold twice or is none of the data set's,
        a subset is unknown, a subject stands in two subsets (under scheme ``published``
        training and validation may share subjects; test never), or the folds do not test each row once.
    """
    types = dict.fromkeys(("row", "rank", "fold"), "int64") | dict.fromkeys(
        ("subject", "subset", "scheme"), str
    )
    table = read_csv(Path(path), SplitError, COLUMNS, dtype=types, keep_default_na=False)
    split = Split.from_table(table, path)
    if faces is not None and split.table["row"].max() >= faces:
        raise SplitError(
            f"{path}: row {split.table['row'].max()} is none of the data set's {faces} faces. {AGAIN}"
        )
    return split


def dropped_images(table: pd.DataFrame) -> int:
    """Return how many images were dropped as copies; of several folds the mean, rounded."""
    return round((table["subset"] == DROPPED).sum() / max(1, table["fold"].nunique()))


def subset_sizes(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Return images and subjects of each subset, of a split's ``subject``, ``subset`` and ``fold``.

    Of several folds, training and validation are means, rounded; test is all that is tested in any.
    """
    sizes = {}
    for subset in SUBSETS:
        part = table[table["subset"] == subset]
        folds = max(1, table["fold"].nunique())
        if subset == "test":
            sizes[subset] = len(part), part["subject"].nunique()
        else:
            subjects = part.groupby("fold")["subject"].nunique().sum()
            sizes[subset] = round(len(part) / folds), round(subjects / folds)
    return sizes


def validate_split(table: pd.DataFrame, where: str | Path) -> None:
    """Refuse a split that mixes subjects or is not well formed; `read_split` lists the causes."""
    for column in COLUMNS:
        if column not in table:
            raise SplitError(f"{where}: the column '{column}' is missing. {_AGAIN}")
    unknown = set(table["subset"]) - {*SUBSETS, DROPPED}
    if unknown:
        raise SplitError(
            f"{where}: unknown subset '{min(map(str, unknown))}'. Known: {', '.join(SUBSETS)}. {_AGAIN}"
        )
    if table["row"].lt(0).any():
        raise SplitError(f"{where}: row {table['row'].min()} is below 0. {_AGAIN}")
    if table["scheme"].nunique() != 1 or table["scheme"].iloc[0] not in SCHEMES:
        raise SplitError(
            f"{where}: 'scheme' must be one of {', '.join(SCHEMES)}, the same in each row. {_AGAIN}"
        )
    for _, part in table.groupby("fold"):
        _check_fold(part, where)
    _check_folds(table, where)


def _check_fold(table: pd.DataFrame, where: str | Path) -> None:
    """Check the subsets of one fold, or of a split without folds."""
    if table["row"].duplicated().any():
        twice = table["row"][table["row"].duplicated()].iloc[0]
        raise SplitError(f"{where}: row {twice} stands there twice. {_AGAIN}")
    ranks = table["rank"][table["subset"] == "train"]
    units = ranks.value_counts().sort_index()
    if list(units.index) != [0, *units.cumsum()][: len(units)]:
        raise SplitError(
            f"{where}: the ranks of the {len(ranks)} training rows do not begin where the units before them "
            f"end. {_AGAIN}"
        )
    _check_subjects(table, where)


def _check_subjects(table: pd.DataFrame, where: str | Path) -> None:
    table = table[table["subset"] != DROPPED]
    groups = table["subset"]
    if table["scheme"].iloc[0] == "published":
        groups = groups.replace("validation", "train")
    pairs = pd.DataFrame({"subject": table["subject"], "group": groups}).drop_duplicates()
    mixed = pairs["subject"][pairs["subject"].duplicated()]
    if len(mixed):
        found = table["subset"][table["subject"] == mixed.iloc[0]].unique()
        raise SplitError(
            f"{where}: subject '{mixed.iloc[0]}' stands in {' and '.join(found)}. A subject may be in "
            "one subset only: use scheme 'subject', or correct the official split."
        )


def _check_folds(table: pd.DataFrame, where: str | Path) -> None:
    """Check that the folds are numbered from 1, hold the same rows, and test each subject once."""
    numbers = sorted(table["fold"].unique())
    if numbers in ([], [0]):
        return
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) < 2:
        raise SplitError(f"{where}: the folds are not numbered from 1 on. {_AGAIN}")
    test = table[table["subset"] == "test"]
    if sorted(test["row"]) != sorted(table["row"].unique()) or len(test) * len(numbers) != len(table):
        raise SplitError(f"{where}: the folds do not test each row once. {_AGAIN}")
    folds = test.groupby("subject")["fold"].nunique()
    if (folds > 1).any():
        raise SplitError(f"{where}: subject '{folds.idxmax()}' is tested in several folds. {_AGAIN}")


def _text(table: pd.DataFrame) -> str:
    buffer = io.StringIO()
    table[COLUMNS].to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue()
