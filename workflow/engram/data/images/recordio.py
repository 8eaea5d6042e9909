"""Record files of MXNet, as InsightFace publishes face data sets: images and their labels, one after another.

A record is a magic number, a word of 3 bits (which part of it this is) and 29 bits (its length), the bytes,
and padding to a multiple of four. Where the magic number occurs in a record's bytes, the record is stored in
parts without it. Its bytes begin with a header: flag, label and two numbers; a flag above 0 says how many
labels follow. Nothing is unpickled.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np

from engram.core.errors import ImageError

__all__ = ["Packed", "RecordFile"]

MAGIC = 0xCED7230A
#: Parts of a record: all of it, its first, one between, its last.
WHOLE, FIRST, BETWEEN, LAST = range(4)
#: Most labels and most bytes that a record may claim.
MOST_LABELS, MOST_BYTES = 4096, 64_000_000

_PART, _HEADER = struct.Struct("<II"), struct.Struct("<IfQQ")
_WAY_OUT = "Replace the .rec and .idx files by the published ones."


@dataclass(frozen=True)
class Packed:
    """One record's content."""

    flag: int
    labels: np.ndarray
    """float32 of shape (1,), or (flag,) where the flag is above 0."""
    content: bytes
    """The image as it was compressed; empty where the record describes others."""


class RecordFile:
    """A ``.rec`` file, read at offsets while a ``with`` block has it open.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        """Open the file.

        Raises
        ------
        ImageError
            If it cannot be opened.
        """
        try:
            self._stream: BinaryIO = open(self._path, "rb")
        except OSError as error:
            raise ImageError(f"{self._path}: this record file cannot be read ({error}). {_WAY_OUT}") from None
        self._size = os.fstat(self._stream.fileno()).st_size
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self._stream.close()

    def read(self, offset: int) -> Packed:
        """Return the record that begins at ``offset``.

        Raises
        ------
        ImageError
            If there is none, or it breaks off.
        """
        return self._unpacked(self._joined(offset), offset)

    def labels(self, offset: int) -> tuple[int, np.ndarray]:
        """Return flag and labels of the record at ``offset``, without reading its image.

        Raises
        ------
        ImageError
            As `read`.
        """
        # Headers are short: a part that would cut one in two does not occur, but `read` could join it.
        kind, length = self._part(offset)
        if kind not in (WHOLE, FIRST) or length < _HEADER.size:
            packed = self.read(offset)
        else:
            flag = _HEADER.unpack(head := self._exactly(_HEADER.size, offset))[0]
            more = 4 * flag if 0 < flag <= MOST_LABELS else 0
            if length < _HEADER.size + more:
                packed = self.read(offset)
            else:
                packed = self._unpacked(head + self._exactly(more, offset), offset)
        return packed.flag, packed.labels

    def _joined(self, offset: int) -> bytes:
        parts: list[bytes] = []
        kind, begin = FIRST, offset
        while kind in (FIRST, BETWEEN):
            kind, length = self._part(begin)
            if (kind in (WHOLE, FIRST)) != (not parts) or sum(map(len, parts)) + length > MOST_BYTES:
                raise self._broken(offset, "its parts do not fit together")
            parts.append(self._exactly(length, offset))
            begin += _PART.size + (length + 3) // 4 * 4
        return _PART.pack(MAGIC, 0)[:4].join(parts)

    def _part(self, begin: int) -> tuple[int, int]:
        """Return kind and length of the part that begins at ``begin``, and stand at its bytes."""
        if begin + _PART.size > self._size:
            raise self._broken(begin, f"the file ends at {self._size}")
        self._stream.seek(begin)
        magic, word = _PART.unpack(self._exactly(_PART.size, begin))
        if magic != MAGIC or word >> 29 > LAST:
            raise self._broken(begin, "no record begins there")
        return word >> 29, word & (1 << 29) - 1

    def _exactly(self, size: int, offset: int) -> bytes:
        if size > MOST_BYTES or len(read := self._stream.read(size)) < size:
            raise self._broken(offset, "it breaks off")
        return read

    def _unpacked(self, data: bytes, offset: int) -> Packed:
        if len(data) < _HEADER.size:
            raise self._broken(offset, "it is too short for a header")
        flag, label, _, _ = _HEADER.unpack_from(data)
        if flag == 0:
            return Packed(0, np.array([label], np.float32), data[_HEADER.size :])
        end = _HEADER.size + 4 * flag
        if flag > MOST_LABELS or len(data) < end:
            raise self._broken(offset, f"it claims {flag} labels")
        return Packed(flag, np.frombuffer(data[_HEADER.size : end], "<f4"), data[end:])

    def _broken(self, offset: int, problem: str) -> ImageError:
        return ImageError(f"{self._path}: the record at byte {offset} is damaged: {problem}. {_WAY_OUT}")
