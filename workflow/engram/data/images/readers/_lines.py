"""The owners' lists in plain text: fields parted by blanks, tabs or commas, and not always a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from engram.core.errors import ManifestError

__all__ = ["bad_line", "number", "read_fields", "read_lines"]


def read_lines(path: Path, way_out: str = "Replace it by the owners' own file.") -> list[tuple[int, str]]:
    """Return the lines that are not blank, each with its number, from 1.

    Raises
    ------
    ManifestError
        If the file cannot be read, or is no text in UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path}: this list cannot be read ({error}). {way_out}") from None
    return [(place, line) for place, line in enumerate(text.splitlines(), start=1) if line.strip()]


def read_fields(path: Path, separator: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield the fields of each line that is not blank, stripped, with the line's number.

    Parameters
    ----------
    separator
        What parts the fields: any run of blanks by default; for ``,`` quotes may stand around a field.

    Raises
    ------
    ManifestError
        As `read_lines`.
    """
    for place, line in read_lines(path):
        try:
            fields = (
                next(csv.reader([line], skipinitialspace=True)) if separator == "," else line.split(separator)
            )
        except csv.Error as error:
            raise bad_line(path, place, str(error)) from None
        yield place, [field.strip() for field in fields]


def number(path: Path, place: int, text: str, what: str, low: float, high: float) -> float:
    """Return a number of a list that lies from ``low`` to ``high``.

    Raises
    ------
    ManifestError
        If it is none, or lies outside.
    """
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise bad_line(path, place, f"{what} '{text}' is no number from {low:g} to {high:g}")
    return value


def bad_line(path: Path, place: int, problem: str) -> ManifestError:
    """Return the error for a line that cannot be read as its owners meant it."""
    return ManifestError(
        f"{path}, line {place}: {problem}. Correct the line, take it out, or "
        "replace the file by the owners' own."
    )
