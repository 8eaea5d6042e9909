"""Arrays that are read and written part after part, because they may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import DTypeLike

from engram.core.files import atomic_path

__all__ = ["begin_array", "in_blocks", "save_array"]


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
