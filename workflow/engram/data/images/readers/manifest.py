"""A folder with a `manifest.csv`: a laboratory's own images, drawn faces."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pandas as pd

from engram.core.errors import ManifestError
from engram.core.labels import ATTRIBUTE_PREFIX, TASKS
from engram.data.images.decode import safe_path
from engram.data.images.readers._walk import DataFolder, Root
from engram.data.listing import read_rows

__all__ = ["LAYOUT", "present", "read"]

FILE = "manifest.csv"
LAYOUT = (
    f"{FILE} with the columns image (path below this folder, or images.npy#12), subject, and one a task "
    f"({', '.join(TASKS)}) or attribute (attr_*: 1 or 0); optionally official_split "
    "(train, validation, test)."
)
_ROW = re.compile(r"#[0-9]{1,12}\Z", re.ASCII)


def present(root: Root) -> bool:
    """Whether the data set is in ``root``."""
    return (root / FILE).is_file()


def read(root: Root) -> pd.DataFrame:
    """Return the listed manifest; every file that it names must be there, inside the folder."""
    path = root / FILE
    # Only an empty field is missing: "none" is a class, and "NA" may be a subject.
    text = read_rows(path, f"Expected: {LAYOUT}")
    if "image" in text:
        _check_files(root, path, text["image"])
        text["image"] = text["image"].map(_one_spelling, na_action="ignore")
    return text.apply(_typed)


def _check_files(root: Root, path: Path, images: pd.Series) -> None:
    links = root.links if isinstance(root, DataFolder) else ()
    files = images.dropna().str.replace(_ROW, "", regex=True)
    for row, file in files.drop_duplicates().items():
        if not safe_path(path.parent, file, links).is_file():
            raise ManifestError(
                f"{path}, row {row}: the image '{file}' does not exist. Correct or remove the row."
            )


def _one_spelling(image: str) -> str:
    """Return ``a.png`` for ``./a.png`` and ``images.npy#7`` for ``images.npy#007``: an image has one row."""
    row = _ROW.search(image)
    file = PurePosixPath(image[: row.start()] if row else image).as_posix()
    return f"{file}#{int(row[0][1:])}" if row else file


def _typed(column: pd.Series) -> pd.Series:
    """Give the columns that no task reads their natural type: words, numbers or truth values."""
    if column.name in {"image", "subject", "official_split", *TASKS} or column.name.startswith(
        ATTRIBUTE_PREFIX
    ):
        return column
    if column.isin(["True", "False"]).all():
        return column == "True"
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers if numbers.isna().equals(column.isna()) else column
