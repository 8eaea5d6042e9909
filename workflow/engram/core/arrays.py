"""Arrays that are read and written part after part, because they may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import DTypeLike

from engram.core.files import HashedStream, atomic_path

__all__ = [
    "Faces",
    "JoinedRows",
    "begin_array",
    "in_blocks",
    "save_array",
    "shard_rows",
    "shuffled_blocks",
    "sized",
]


class Faces(Protocol):
    """Stored faces, (N, H, W, C) uint8, whatever they lie in: an array, or something that decodes.

    What decodes says so by ``streams``: it is read in blocks of neighbours, and ahead of its use.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """N, height, width, channels."""

    @property
    def dtype(self) -> np.dtype:
        """Always uint8."""

    def __len__(self) -> int:
        """Return N."""

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Return one face (H, W, C), or those at positions (B,) as (B, H, W, C)."""


def begin_array(stream: BinaryIO | HashedStream, shape: tuple[int, ...], dtype: DTypeLike) -> None:
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


def shard_rows(rows: int, shard: int, shards: int) -> range:
    """Return the rows of one of ``shards`` nearly equal shards of ``rows`` rows."""
    return range(rows * shard // shards, rows * (shard + 1) // shards)


def shuffled_blocks(count: int, block: int, pool: int, rng: np.random.Generator) -> np.ndarray:
    """Return the numbers below ``count`` in random order, but such that neighbours are read together.

    Blocks of ``block`` consecutive numbers come in random order, and numbers are shuffled within groups of
    ``pool`` such blocks: a file is read in whole blocks, and a small set is shuffled as a whole.
    """
    starts = rng.permutation(np.arange(0, count, block))
    blocks = [np.arange(start, min(start + block, count)) for start in starts]
    pools = [np.concatenate(blocks[at : at + pool]) for at in range(0, len(blocks), pool)]
    return np.concatenate([rng.permutation(each) for each in pools])


def sized(faces: Faces, size: int) -> Faces:
    """Return faces that are decoded no larger than a reader needs; an array is as it is.

    Parameters
    ----------
    size
        Side in pixels that the reader asks for.
    """
    # A plain view: indexing numpy's memory-map class costs more.
    return faces.sized(size) if hasattr(faces, "sized") else np.asarray(faces)


class JoinedRows:
    """Arrays of different files read as one, their rows numbered through; only what is asked for is copied.

    Parameters
    ----------
    parts
        Arrays (N_i, ...), or `Faces`, of the same type, and of the same shape but for N_i.

    Raises
    ------
    ValueError
        If they are of different types or shapes.
    """

    def __init__(self, parts: Sequence[np.ndarray | Faces]) -> None:
        if len({(part.dtype, part.shape[1:]) for part in parts}) != 1:
            found = ", ".join(f"{part.dtype} {list(part.shape)}" for part in parts)
            raise ValueError(f"arrays to be read as one differ in type or shape: {found}")
        # Plain views: indexing numpy's memory-map class costs more.
        self._parts = [np.asarray(part) if isinstance(part, np.ndarray) else part for part in parts]
        self._starts = np.cumsum([0, *map(len, parts)])
        self.streams = any(getattr(part, "streams", False) for part in parts)
        self.scale: float = getattr(parts[0], "scale", 1.0)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of all rows, and a row's shape."""
        return (len(self), *self._parts[0].shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """The type of all."""
        return self._parts[0].dtype

    def sized(self, size: int) -> JoinedRows:
        """Return the rows as faces that are decoded no larger than needed; see `sized`."""
        return JoinedRows([sized(part, size) for part in self._parts])

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
