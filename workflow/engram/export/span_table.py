"""A table of entities in text, written as it grows: CSV or JSON lines by the file's ending. No torch."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TextIO

from engram.core.errors import TextError
from engram.core.files import atomic_path

__all__ = ["FoundSpan", "SpanWriter", "check_spans_output", "open_spans"]

_ENDINGS = (".csv", ".jsonl")


@dataclass(frozen=True)
class FoundSpan:
    """A row: one entity, or of a label set of word classes one word."""

    file: str
    sentence: int
    """The sentence's place in the file, from 1."""
    start: int
    """The first character: in the file, or of a file in columns in the sentence."""
    end: int
    """The character behind the last."""
    type: str
    text: str


class SpanWriter:
    """Takes rows; see `open_spans`."""

    def __init__(self, stream: TextIO, lines: bool) -> None:
        self._stream = stream
        self._rows = None if lines else csv.writer(stream, lineterminator="\n")
        if self._rows is not None:
            self._rows.writerow(field.name for field in fields(FoundSpan))

    def write(self, found: Iterable[FoundSpan]) -> None:
        """Add a row for each of ``found``."""
        for span in found:
            if self._rows is not None:
                self._rows.writerow(asdict(span).values())
            else:
                self._stream.write(json.dumps(asdict(span), ensure_ascii=False) + "\n")


@contextmanager
def open_spans(path: Path) -> Iterator[SpanWriter]:
    """Give a writer of a table with the columns of `FoundSpan`; it appears when it is whole."""
    with (
        atomic_path(path) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as stream,
    ):
        yield SpanWriter(stream, path.suffix == ".jsonl")


def check_spans_output(path: Path) -> None:
    """Refuse, before any work, a table that could not be written.

    Raises
    ------
    TextError
        If its folder is not there or its ending is neither .csv nor .jsonl.
    """
    if path.suffix not in _ENDINGS:
        raise TextError(f"{path}: a table of entities ends in .csv or .jsonl. Choose another --output.")
    if not path.parent.is_dir():
        raise TextError(f"{path}: the folder {path.parent} is not there. Make it, or choose another.")
    if path.is_dir():
        raise TextError(f"{path}: this is a folder. Choose another --output.")
