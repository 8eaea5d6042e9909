"""Pretrained word vectors of others: files of word2vec, text or binary, of GloVe and of fastText (text).

Only the vectors of wanted words are kept, and the file is read a part at a time: memory does not grow with
it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engram.core.errors import TextError

__all__ = ["WordVectors", "read_vectors"]

_HEADER = re.compile(rb"(\d+)[ \t]+(\d+)[ \t\r]*\n")
#: How much is read at once, in bytes.
_CHUNK = 2**20
#: No word or line of a sound file is longer.
_LONGEST = 2**16
_AGAIN = "Put the whole file there again, as it was published."


@dataclass(frozen=True)
class WordVectors:
    """Vectors of some words."""

    words: tuple[str, ...]
    """The words that were found, sorted."""
    values: np.ndarray
    """Their vectors, of shape (W, D), float32."""

    def by_word(self) -> dict[str, np.ndarray]:
        """Return each word's vector, of shape (D,)."""
        return dict(zip(self.words, self.values, strict=True))

    @property
    def size(self) -> int:
        """Values of a vector."""
        return self.values.shape[1]


@dataclass(frozen=True)
class _Header:
    """What a file is: where its vectors begin, how many it announces, and of which size."""

    path: Path
    start: int
    words: int | None
    size: int
    binary: bool


def read_vectors(path: str | Path, wanted: Collection[str], size: int | None = None) -> WordVectors:
    """Return the vectors of wanted words.

    A word that the file has only in capital letters takes that vector: of several the first, which is the
    most frequent.

    Parameters
    ----------
    path
        The file: its content, not its name, tells which kind it is.
    wanted
        The words to look for, as the network writes them.
    size
        The values of a vector that are expected; None for any.

    Raises
    ------
    TextError
        If the file is missing, empty, cut short, of none of these kinds, has vectors of another size than
        ``size`` or of several, or a value that is no finite number; naming the line or the word's number.
    """
    path, names = Path(path), frozenset(wanted)
    try:
        with open(path, "rb") as stream:
            header = _header(path, stream)
            if size is not None and header.size != size:
                raise TextError(
                    f"{path}: its vectors have {header.size} values, but the network's words have {size}. "
                    f"Set 'words' of the network to {header.size}, or take other vectors."
                )
            stream.seek(header.start)
            rows = _binary(header, stream, names) if header.binary else _text(header, stream, names)
            return _collect(rows, names, header.size)
    except OSError as error:
        raise TextError(
            f"{path}: cannot be read ({error.strerror}). Correct the path of the vectors."
        ) from None


def _collect(rows: Iterator[tuple[str, np.ndarray]], names: frozenset[str], size: int) -> WordVectors:
    exact: dict[str, np.ndarray] = {}
    other: dict[str, np.ndarray] = {}
    for word, values in rows:
        if word in names:
            exact.setdefault(word, values)
        else:
            other.setdefault(word.lower(), values)
    found = other | exact
    words = sorted(found)
    table = np.stack([found[word] for word in words]) if words else np.empty((0, size), np.float32)
    return WordVectors(tuple(words), table)


def _header(path: Path, stream: BinaryIO) -> _Header:
    begin = stream.read(_LONGEST)
    if not begin.strip():
        raise TextError(f"{path}: the file is empty. {_AGAIN}")
    match = _HEADER.match(begin)
    if match is None:
        # Without a first line that counts, as GloVe writes.
        fields = begin.partition(b"\n")[0].split()
        if len(fields) < 2 or _numbers(fields[1:]) is None:
            raise TextError(
                f"{path}, line 1: this is no file of vectors: expected are a word and its values (GloVe), or "
                f"the number of words and of values (word2vec). {_AGAIN}"
            )
        return _Header(path, 0, None, len(fields) - 1, binary=False)
    words, size = int(match[1]), int(match[2])
    if not words or not size:
        raise TextError(f"{path}, line 1: it announces {words} words of {size} values. {_AGAIN}")
    line = begin[match.end() :].partition(b"\n")[0].split()
    text = len(line) > size and _numbers(line[-size:]) is not None
    return _Header(path, match.end(), words, size, binary=not text)


def _numbers(fields: list[bytes]) -> np.ndarray | None:
    try:
        return np.array(fields, dtype=np.float32)
    except ValueError:
        return None


def _text(header: _Header, stream: BinaryIO, names: frozenset[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield wanted words with their vectors; every line has a word, which may have blanks, and its values."""
    first = 1 if header.words is None else 2
    count, number = 0, first - 1
    while line := stream.readline(_CHUNK):
        number += 1
        if not line.strip():
            continue
        count += 1
        where = f"{header.path}, line {number}"
        fields = line.rstrip().rsplit(b" " if b"\t" not in line else None, header.size)
        if len(fields) != header.size + 1:
            raise TextError(f"{where}: it has fewer than {header.size} values. {_AGAIN}")
        word = _wanted(fields[0].strip(), names)
        if word is not None:
            values = _numbers(fields[1:])
            if values is None:
                raise TextError(f"{where}: not all of its last {header.size} fields are numbers. {_AGAIN}")
            yield word, _finite(values, where)
        elif not line.endswith(b"\n") and _numbers(fields[-1:]) is None:
            raise TextError(f"{where}: its last value is no number: the file is cut short. {_AGAIN}")
    _check_count(header, count)


def _binary(header: _Header, stream: BinaryIO, names: frozenset[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield wanted words with their vectors; each is a word, a blank and its values in four bytes."""
    width, buffer, place = 4 * header.size, b"", 0
    for number in range(1, (header.words or 0) + 1):
        if len(buffer) - place < _LONGEST + width:
            buffer, place = buffer[place:] + stream.read(_CHUNK + width), 0
        end = buffer.find(b" ", place, place + _LONGEST)
        if end < 0 or end + 1 + width > len(buffer):
            what = "cut short" if (end < 0 and len(buffer) - place < _LONGEST) or end >= 0 else "damaged"
            raise TextError(
                f"{header.path}, word {number}: the file is {what}; its first line announces "
                f"{header.words} words. {_AGAIN}"
            )
        word = _wanted(buffer[place:end].lstrip(b"\n"), names)
        if word is not None:
            values = np.frombuffer(buffer, dtype="<f4", count=header.size, offset=end + 1).astype(np.float32)
            yield word, _finite(values, f"{header.path}, word {number}")
        place = end + 1 + width
    if buffer[place:].strip() or stream.read(_CHUNK).strip():
        raise TextError(
            f"{header.path}: it goes on behind the {header.words} words that its first line announces. "
            f"{_AGAIN}"
        )


def _wanted(word: bytes, names: frozenset[str]) -> str | None:
    """Return a word if it, or it in small letters, is wanted."""
    try:
        text = word.decode("utf-8")
    except UnicodeDecodeError:
        # Some published files cut long words in the middle of a character: no text has such a word.
        return None
    return text if text in names or text.lower() in names else None


def _finite(values: np.ndarray, where: str) -> np.ndarray:
    if not np.isfinite(values).all():
        raise TextError(f"{where}: a value is not finite. {_AGAIN}")
    return values


def _check_count(header: _Header, count: int) -> None:
    if header.words is not None and count != header.words:
        raise TextError(
            f"{header.path}: it has {count} words, but its first line announces {header.words}. {_AGAIN}"
        )
