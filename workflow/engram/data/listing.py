"""A data set's CSV table, read to the letter: what is not plainly a table is refused, never guessed.

pandas would take a row that is too long for one with a name, fill up one that broke off, and turn
words into numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from engram.core.errors import ManifestError

__all__ = ["read_rows"]


def read_rows(
    path: Path, way_out: str, columns: Collection[str] | None = None, *, one_line: bool = False
) -> pd.DataFrame:
    """Return a table's rows as words; an empty field is missing. Blank lines do not count.

    Parameters
    ----------
    way_out
        What to do about a table that cannot be read.
    columns
        The columns to keep; by default all.
    one_line
        Whether each row must stand on a line of its own, because others find it by its line.

    Raises
    ------
    ManifestError
        If the file cannot be read, is no text in UTF-8, names a column twice, or has a row of more or
        fewer fields than its header. Rows count from 0.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            rows = _rows(path, stream, way_out, one_line)
            header = [name.strip() for name in next(rows, [])]
            _check_header(path, header, way_out)
            kept = [place for place, name in enumerate(header) if columns is None or name in columns]
            fields = [[row[place] or None for place in kept] for row in rows]
    except (OSError, ValueError, csv.Error) as error:
        raise ManifestError(f"{path}: this table cannot be read ({error}). {way_out}") from None
    return pd.DataFrame(fields, columns=[header[place] for place in kept], dtype="str")


def _rows(path: Path, stream, way_out: str, one_line: bool) -> Iterator[list[str]]:
    """Yield the header and each row, all of one length."""
    reader, length, number, line = csv.reader(stream, strict=True), None, -1, 0
    for row in reader:
        if row:
            length = length or len(row)
            if len(row) != length:
                raise ManifestError(
                    f"{path}, row {number}: {len(row)} fields where the header has {length}. {way_out}"
                )
            if one_line and reader.line_num != line + 1:
                raise ManifestError(f"{path}, row {number}: it stands on several lines. {way_out}")
            yield row
            number += 1
        line = reader.line_num


def _check_header(path: Path, header: list[str], way_out: str) -> None:
    if not header:
        raise ManifestError(f"{path}: the file is empty. {way_out}")
    twice = next((name for place, name in enumerate(header) if name in header[:place]), None)
    if twice is not None:
        raise ManifestError(f"{path}: the column '{twice}' stands there twice. {way_out}")
