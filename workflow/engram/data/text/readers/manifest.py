"""A folder with a `manifest.csv` that lists files: a laboratory's own text, in columns or running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pandas as pd

from engram.core.errors import ManifestError
from engram.data.listing import read_rows
from engram.data.manifest import SUBSETS
from engram.data.text.readers._files import SubsetFile, subset_of
from engram.data.text.readers.brat import TEXT, entities_beside, read_file
from engram.data.text.readers.conll import read_columns
from engram.data.text.sentences import Reading, Sentence, TextFormat

__all__ = ["LAYOUT", "present", "read"]

FILE = "manifest.csv"
_COLUMNS = ("file", "document", "official_split")
LAYOUT = (
    f"{FILE} with the columns file (path below this folder: columns of tokens and tags, or running text "
    "x.txt with x.ann beside it), optionally document (by default the file), and official_split (train, "
    "validation, test)."
)


class _Row(NamedTuple):
    """A row of the list."""

    number: int
    file: str
    document: str
    subset: str | None


def present(root: Path) -> bool:
    """Whether the text is in ``root``."""
    return (root / FILE).is_file()


def read(root: Path, form: TextFormat) -> Reading:
    """Return the sentences of all listed files, in the order of the list.

    Raises
    ------
    ManifestError
        Naming the row of the list that is wrong.
    TextError
        Naming the file and line that is broken.
    """
    reading = Reading()
    for row in _rows(root):
        reading.sentences += _sentences(root, row, form, reading)
    return reading


def _sentences(root: Path, row: _Row, form: TextFormat, reading: Reading) -> Iterator[Sentence]:
    running = row.file.endswith(TEXT) and (
        form.kind == "language" or entities_beside(root / row.file) is not None
    )
    if running:
        yield from read_file(root, row.file, form, row.document, row.subset, reading.facts)
    else:
        file = SubsetFile(root / row.file, row.file, row.subset, True)
        yield from read_columns(file, form, row.document, reading.facts)


def _rows(root: Path) -> Iterator[_Row]:
    path = root / FILE
    table = read_rows(path, f"Expected: {LAYOUT}")
    unknown = [name for name in table if name not in _COLUMNS and not str(name).startswith("x_")]
    if "file" not in table or unknown:
        what = f"unknown column '{unknown[0]}'" if unknown else "the column 'file' is missing"
        raise ManifestError(f"{path}: {what}. Expected: {LAYOUT}")
    if table.empty:
        raise ManifestError(f"{path}: it lists no file. Expected: {LAYOUT}")
    seen: set[str] = set()
    for number, row in enumerate(table.to_dict("records")):
        yield _row(root, path, number, row, seen)


def _row(root: Path, path: Path, number: int, row: dict, seen: set[str]) -> _Row:
    where = f"{path}, row {number}"
    if pd.isna(row["file"]):
        raise ManifestError(f"{where}: the file is missing. Name it, or remove the row.")
    file = PurePosixPath(row["file"])
    inside = not file.is_absolute() and ".." not in file.parts
    if not inside or not (root / file).is_file():
        raise ManifestError(
            f"{where}: the file '{file}' does not exist below {root}. Correct or remove the row."
        )
    if file.as_posix() in seen:
        raise ManifestError(f"{where}: the file '{file}' stands there twice. Remove one row.")
    seen.add(file.as_posix())
    document, official = (row.get(name) for name in ("document", "official_split"))
    subset = None if official is None or pd.isna(official) else subset_of(str(official))
    if subset is None and official is not None and not pd.isna(official):
        raise ManifestError(
            f"{where}: official_split '{official}'. Write one of: {', '.join(SUBSETS)}; or leave it empty."
        )
    default = file.with_suffix("").as_posix()
    return _Row(
        number, file.as_posix(), default if document is None or pd.isna(document) else str(document), subset
    )
