"""A table of entities in text, written as it grows: CSV or JSON lines by the file's ending. No torch."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from engram.core.files import atomic_path

__all__ = ["FoundSpan", "open_spans"]


class FoundSpan(NamedTuple):
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


@contextmanager
def open_spans(path: Path) -> Iterator[Callable[[Iterable[FoundSpan]], None]]:
    """Give what adds rows to a table with the columns of `FoundSpan`; the table appears when it is whole."""
    with (
        atomic_path(path) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as stream,
    ):
        if path.suffix == ".jsonl":
            yield lambda found: stream.writelines(
                json.dumps(span._asdict(), ensure_ascii=False) + "\n" for span in found
            )
        else:
            rows = csv.writer(stream, lineterminator="\n")
            rows.writerow(FoundSpan._fields)
            yield rows.writerows
