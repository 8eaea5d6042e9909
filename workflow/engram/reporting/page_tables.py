"""A table of numbers as the results page shows it: rows that sort, and links to what each came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from engram.reporting.quantities import Quantity, key_columns, quantities

__all__ = ["Entry", "Evidence", "Link", "Origins", "PageTable", "links_of", "page_table", "rounded"]

#: From a row of a table (column -> value) to the files that its numbers came from, below the results.
Origins = Callable[[Mapping[str, Any]], Sequence[str]]


@dataclass(frozen=True)
class Link:
    """A file below the results, and what it is called beside a number."""

    text: str
    href: str


@dataclass(frozen=True)
class Evidence:
    """Files behind a number that belong together: a data set's predictions, a model's records by seed."""

    title: str
    """What they are, such as ``record of wild.base/studio.head``."""
    links: list[Link]

    @property
    def count(self) -> int:
        """How many files they are."""
        return len(self.links)


@dataclass(frozen=True)
class Entry:
    """One entry of a row: what is read, what it sorts by, and the interval beside it."""

    text: str
    order: str = ""
    """A number with all its digits; empty for words, which sort as they are read."""
    interval: str = ""
    evidence: Sequence[Evidence] = ()
    """The files that the numbers of the row came from."""


@dataclass(frozen=True)
class PageTable:
    """A table of the page."""

    name: str
    caption: str
    head: list[str]
    numeric: list[bool]
    """Whether each column holds numbers."""
    rows: list[list[Entry]]
    files: list[Link] = field(default_factory=list)
    """The same table in other forms."""
    layout: str = ""
    """The table as the paper lays it out, with its notes, as HTML."""
    keys: int = 0
    """How many of the first columns name a row."""


def page_table(
    name: str,
    caption: str,
    frame: pd.DataFrame,
    *,
    keys: Sequence[str] = (),
    origins: Origins = lambda row: (),
    words: Mapping[str, str] | None = None,
    files: Sequence[Link] = (),
    layout: str = "",
) -> PageTable:
    """Return a table of the page: a row an observation, and a last column of links.

    Parameters
    ----------
    keys
        The columns that together name a row; they come first. Other columns of words follow the numbers.
    words
        What readers call the words in columns, such as a data set's title for its name.
    """
    shown = key_columns(frame, keys)
    numbers = quantities(frame, shown)
    numbers = [number for number in numbers if frame[number.name].notna().any()]
    counted = {column for number in numbers for column in number.columns}
    others = [
        column
        for column in frame
        if column not in shown and column not in counted and not pd.api.types.is_numeric_dtype(frame[column])
    ]
    digits = {number.name: _digits(frame, number) for number in numbers}
    rows = []
    for place, row in enumerate(frame.to_dict("records")):
        entries = [_word(row[column], words or {}) for column in shown]
        entries += [_number(row, number, digits[number.name][place]) for number in numbers]
        entries += [_word(row[column], words or {}) for column in others]
        rows.append([*entries, Entry("", evidence=links_of(origins(row)))])
    heads = [*shown, *(number.name for number in numbers), *others]
    numeric = [pd.api.types.is_numeric_dtype(frame[column]) for column in heads]
    head = [column.replace("_", " ") for column in heads]
    return PageTable(
        name,
        caption,
        [*head, "from"],
        [*numeric, False],
        rows,
        files=[*files],
        layout=layout,
        keys=len(shown),
    )


def links_of(paths: Sequence[str]) -> list[Evidence]:
    """Return links to files, those of one kind together that lie in one folder but for the seed.

    A file is called by its kind, such as ``predictions``; those of several seeds by their seeds.
    """
    folders: dict[tuple[str, str], list[str]] = {}
    for path in dict.fromkeys(paths):
        folders.setdefault((_without_seed(path), PurePosixPath(path).stem), []).append(path)
    return [
        Evidence(f"{kind} of {title}" if title else kind, [Link(_seed(path) or kind, path) for path in same])
        for (title, kind), same in folders.items()
    ]


#: Begins folders that say what kind of thing lies in them, not of what it is.
_KINDS = ("models", "evaluations", "data", "entities", "general", "facts")


def _without_seed(path: str) -> str:
    """Return what a file is of: its folders without those of a seed or of a kind of thing."""
    parts = PurePosixPath(path).parent.parts
    first = next((place for place, part in enumerate(parts) if part not in _KINDS), len(parts))
    return "/".join(part for part in parts[first:] if not _is_seed(part))


def _seed(path: str) -> str:
    """Return the seed that a file is of, such as ``seed 1``, or nothing."""
    seeds = [part for part in PurePosixPath(path).parts if _is_seed(part)]
    return f"seed {seeds[0].removeprefix('seed')}" if seeds else ""


def _is_seed(part: str) -> bool:
    return part.startswith("seed") and part.removeprefix("seed").isdigit()


def rounded(value: float, digits: int) -> str:
    """Write a number with a true minus, no minus on a rounded zero, and a dash if there is none."""
    return "–" if isnan(value) else f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def _word(value: Any, words: Mapping[str, str]) -> Entry:
    if isinstance(value, str):
        return Entry(words.get(value, value))
    if value is None or pd.isna(value):
        return Entry("–")
    return Entry(f"{value:g}", order=repr(float(value)))


def _number(row: Mapping[str, Any], number: Quantity, digits: int) -> Entry:
    value, *ends = (float("nan") if pd.isna(row[name]) else float(row[name]) for name in number.columns)
    interval = "" if not ends or isnan(ends[0]) else f"[{', '.join(rounded(end, digits) for end in ends)}]"
    return Entry(rounded(value, digits), "" if isnan(value) else repr(value), interval)


def _digits(frame: pd.DataFrame, number: Quantity) -> list[int]:
    """Return how many digits after the point each row shows: as many for all numbers of one metric."""
    values = frame[number.name]
    if pd.api.types.is_integer_dtype(values) or (values.dropna() % 1 == 0).all():
        return [0] * len(frame) if not number.low else [1] * len(frame)
    metric = frame["metric"] if "metric" in frame else pd.Series("", frame.index)
    largest = values.abs().groupby(metric.fillna("").to_numpy()).transform("max")
    return [1 if size >= 10 else 2 if size >= 1 else 3 for size in largest]
