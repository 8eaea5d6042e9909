"""Frozen representations on disk: one array for each, with the values of every seed and face.

Each file is (seeds, N, d) float32; rows whose face was not detected are zeros.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from engram.core.arrays import begin_array
from engram.core.errors import EmbeddingError
from engram.core.files import atomic_path
from engram.core.reading import AGAIN, open_array

__all__ = ["ArrayWriter", "load_representation", "write_array"]


class ArrayWriter:
    """Writes a float32 array file block by block, in any order; the rest stays zero.

    It uses plain writes: with a memory map a full disk would kill the process.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self._stream = open(path, "wb")  # noqa: SIM115 - write_array closes it
        self._shape = shape
        begin_array(self._stream, shape, "float32")
        self._start = self._stream.tell()
        self._stream.truncate(self._start + 4 * math.prod(shape))

    def write(self, block: np.ndarray, *place: int) -> None:
        """Write a block whose first value belongs at index ``place``, all later axes at 0."""
        first = np.ravel_multi_index((*place, *(0,) * (len(self._shape) - len(place))), self._shape)
        self._stream.seek(self._start + int(first) * 4)
        self._stream.write(np.ascontiguousarray(block, np.float32).data)

    def close(self) -> None:
        """Flush and close the file."""
        self._stream.close()


@contextmanager
def write_array(path: Path, shape: tuple[int, ...]) -> Iterator[ArrayWriter]:
    """Give a writer of the array at ``path``; the file appears when the block has succeeded.

    Raises
    ------
    DiskError
        If the disk is full or cannot be written.
    """
    with atomic_path(path) as temporary:
        writer = ArrayWriter(temporary, shape)
        try:
            yield writer
        finally:
            writer.close()


def load_representation(path: Path, seeds: int, faces: int) -> np.ndarray:
    """Return one representation of a data set's faces, (seeds, N, d) float32, memory-mapped.

    Raises
    ------
    EmbeddingError
        If its file is missing or damaged, or was made for other seeds or faces.
    """
    array = open_array(path, EmbeddingError)
    if array.dtype != np.float32 or array.ndim != 3 or array.shape[:2] != (seeds, faces):
        raise EmbeddingError(
            f"{path}: holds {array.dtype} {list(array.shape)}, not float32 values of {seeds} seeds and "
            f"{faces} faces. {AGAIN}"
        )
    return array
