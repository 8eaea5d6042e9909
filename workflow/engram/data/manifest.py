"""The manifest: one row an image, whatever the data set. Written, read and checked here alone.

Columns: ``image`` (reference below the data set's folder), ``subject``, one a task of
`engram.core.labels.TASKS` (missing allowed), ``attr_*`` for attributes (0, 1 or missing), and
where owners give one ``official_split``.
Facts that no network learns from go along untouched: ``x_*``, action units (``au12``),
``label_is_wrong``. Among them are the boxes and eyes that owners give, `BOX` and `EYES`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from engram.core.errors import ManifestError
from engram.core.files import atomic_path
from engram.core.labels import ATTRIBUTE_PREFIX, CLASSES, RANGES, TASKS
from engram.core.reading import read_table

__all__ = ["BOX", "EYES", "SUBSETS", "read_manifest", "validate_manifest", "write_manifest"]

#: The three subsets of a split, in the order of tables.
SUBSETS = ("train", "validation", "test")

#: Columns of a box that the owners give, in pixels of the image, from its corner.
BOX = ("x_box_left", "x_box_top", "x_box_width", "x_box_height")
#: Columns of the eyes' centres that the owners give; left is at the left of the image.
EYES = ("x_left_eye_x", "x_left_eye_y", "x_right_eye_x", "x_right_eye_y")

_EXTRA = re.compile(r"x_\w+|au\d+\w*|label_is_wrong")


def validate_manifest(frame: pd.DataFrame, where: str | Path) -> pd.DataFrame:
    """Return ``frame`` with the contract's column order and types.

    Parameters
    ----------
    frame
        What a reader made of a data set: one row an image.
    where
        File or folder it came from, for messages.

    Raises
    ------
    ManifestError
        Naming the file, and the row and value, of the first thing that is wrong. Rows count from 0.
    """
    _check_columns(frame, where)
    frame = frame.reset_index(drop=True)
    if frame.empty:
        raise ManifestError(
            f"{where}: there are no images. Put the data set's images there, or correct 'root'."
        )
    for column in ("image", "subject"):
        frame[column] = _words(frame[column])
        empty = frame[column].isna() | (frame[column].str.strip() == "")
        _refuse(frame, empty, column, where, "Every image needs an image reference and a subject.")
    _refuse(frame, frame["image"].duplicated(), "image", where, "It stands there twice; take one row out.")
    if frame["subject"].nunique() == 1:
        raise ManifestError(
            f"{where}: all images are of one subject, '{frame['subject'][0]}'. "
            "Learning and testing need different subjects: add some, or correct the column 'subject'."
        )
    _check_labels(frame, where)
    tasks = [*(name for name in (*TASKS, "official_split") if name in frame), *_attributes(frame)]
    extras = [column for column in frame if column not in {"image", "subject", *tasks}]
    return frame[["image", "subject", *tasks, *extras]]


def _check_columns(frame: pd.DataFrame, where: str | Path) -> None:
    for column in ("image", "subject"):
        if column not in frame:
            raise ManifestError(
                f"{where}: the column '{column}' is missing. Every row needs 'image' and 'subject'."
            )
    known = {"image", "subject", "official_split", *TASKS}
    for column in frame:
        if column not in known and column not in _attributes(frame) and not _EXTRA.fullmatch(str(column)):
            raise ManifestError(
                f"{where}: unknown column '{column}'. Tasks are {', '.join(TASKS)}; "
                "begin the name of any other column with 'x_'."
            )
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ManifestError(f"{where}: the column '{twice}' stands there twice. Take one out.")


def _check_labels(frame: pd.DataFrame, where: str | Path) -> None:
    allowed = {task: CLASSES[task] for task in CLASSES if task in frame}
    if "official_split" in frame:
        allowed["official_split"] = SUBSETS
    for column, words in allowed.items():
        frame[column] = _words(frame[column])
        unknown = frame[column].notna() & ~frame[column].isin(words)
        _refuse(frame, unknown, column, where, f"Write one of: {', '.join(words)}; or leave it empty.")
    for column, (low, high) in RANGES.items():
        if column in frame:
            numbers = pd.to_numeric(frame[column], errors="coerce").astype("float64")
            wrong = frame[column].notna() & ~numbers.between(low, high)
            _refuse(
                frame, wrong, column, where, f"Write a number from {low:g} to {high:g}, or leave it empty."
            )
            frame[column] = numbers
    for column in _attributes(frame):
        numbers = pd.to_numeric(frame[column], errors="coerce").astype("float64")
        wrong = frame[column].notna() & ~numbers.isin([0, 1])
        _refuse(frame, wrong, column, where, "Write 1 (has it), 0 (has it not), or leave it empty.")
        frame[column] = numbers


def _attributes(frame: pd.DataFrame) -> list[str]:
    return [column for column in frame if re.fullmatch(ATTRIBUTE_PREFIX + r"[a-z0-9_]+", str(column))]


def _words(column: pd.Series) -> pd.Series:
    return column.astype("str").where(column.notna())


def _refuse(frame: pd.DataFrame, wrong: pd.Series, column: str, where: str | Path, way_out: str) -> None:
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        image = frame["image"][row]
        raise ManifestError(
            f"{where}, row {row} (image '{image}'): {column} '{frame[column][row]}'. {way_out}"
        )


def write_manifest(path: str | Path, frame: pd.DataFrame) -> None:
    """Validate ``frame`` and write it to ``path`` as Parquet, atomically."""
    frame = validate_manifest(frame, path)
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, index=False)


def read_manifest(path: str | Path) -> pd.DataFrame:
    """Read and validate a manifest.

    Raises
    ------
    ManifestError
        If the file is missing, damaged, or breaks the contract.
    """
    return validate_manifest(read_table(Path(path), ManifestError), path)
