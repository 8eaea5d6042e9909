"""Arrays that are read and written part after part, because they may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import DTypeLike

from engram.core.files import atomic_path

__all__ = ["JoinedRows", "begin_array", "in_blocks", "save_array"]


def begin_array(stream: BinaryIO, shape: tuple[int, ...], dtype: DTypeLike) -> None:
    """Write the header of an ``.npy`` file of ``shape``; its values follow by plain writes, in C order.

    Not a memory map: on a full disk a map would kill the process, where a write raises an error.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
        "fortran_order": False,
        "shape": tuple(shape),
    }
    np.lib.format.write_array_header_1_0(stream, header)


def save_array(path: str | Path, values: np.ndarray) -> None:
    """Write an array as an ``.npy`` file, atomically.

    The bytes are those of `numpy.save`, which on a full disk does not say that it is full.

    Raises
    ------
    DiskError
        If the disk is full or may not be written.
    """
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        begin_array(stream, values.shape, values.dtype)
        stream.write(np.ascontiguousarray(values).data)


def in_blocks(rows: int | range, size: int) -> Iterator[np.ndarray]:
    """Yield the numbers below ``rows``, or of a range, ``size`` at a time, in order."""
    rows = range(rows) if isinstance(rows, int) else rows
    yield from (
        np.arange(start, min(start + size, rows.stop)) for start in range(rows.start, rows.stop, size)
    )


class JoinedRows:
    """Arrays of different files read as one, their rows numbered through; only what is asked for is copied.

    Parameters
    ----------
    parts
        Arrays (N_i, ...) of the same type, and of the same shape but for N_i.

    Raises
    ------
    ValueError
        If they are of different types or shapes.
    """

    def __init__(self, parts: Sequence[np.ndarray]) -> None:
        if len({(part.dtype, part.shape[1:]) for part in parts}) != 1:
            found = ", ".join(f"{part.dtype} {list(part.shape)}" for part in parts)
            raise ValueError(f"arrays to be read as one differ in type or shape: {found}")
        # Plain views: indexing numpy's memory-map class costs more.
        self._parts = [np.asarray(part) for part in parts]
        self._starts = np.cumsum([0, *map(len, parts)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows at positions (B,), (B, ...)."""
        if len(self._parts) == 1:
            return self._parts[0][rows]
        first = self._parts[0]
        found = np.empty((len(rows), *first.shape[1:]), first.dtype)
        owner = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(owner):
            mine = np.flatnonzero(owner == number)
            found[mine] = self._parts[number][rows[mine] - self._starts[number]]
        return found
