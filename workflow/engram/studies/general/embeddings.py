"""Stored embeddings: the only place that knows how they lie on the disk.

An encoder's embeddings of a data set are one array in shards, each an ``.npy`` file that a job of
its own can write: rows in the order of the faces, zeros where no face was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engram.config import Settings
from engram.core.arrays import begin_array
from engram.core.errors import EmbeddingError
from engram.core.paths import Layout
from engram.core.reading import AGAIN, open_array
from engram.studies.general.plan import shard_rows
from engram.training.distributed import ALONE, Team, written_together

__all__ = ["Embeddings", "ShardWriter", "shard_path", "write_shard"]


def shard_path(folder: Path, shard: int) -> Path:
    """Return the file of a shard in ``folder``, an encoder's embeddings of a data set."""
    return folder / f"shard-{shard}.npy"


class ShardWriter:
    """Takes a shard's embeddings batch after batch, so that memory does not grow with their number.

    ``shape`` is (rows, D), of those rows that are written here.
    """

    def __init__(self, stream: BinaryIO, shape: tuple[int, int], dtype: str) -> None:
        self._stream, self._shape, self._written = stream, shape, 0
        self.dtype = np.dtype(dtype)

    def write(self, embeddings: np.ndarray) -> None:
        """Append embeddings, (B, D) of the shard's number format."""
        if embeddings.shape[1:] != self._shape[1:] or embeddings.dtype != self.dtype:
            raise EmbeddingError(
                f"a shard of {self.dtype} {self._shape} was given {embeddings.dtype} {embeddings.shape}."
            )
        self._stream.write(np.ascontiguousarray(embeddings).data)
        self._written += len(embeddings)

    def finish(self) -> None:
        """Make sure that every row was written."""
        if self._written != self._shape[0]:
            raise EmbeddingError(f"a shard of {self._shape[0]} rows was given {self._written}.")


@contextmanager
def write_shard(
    path: Path, shape: tuple[int, int], dtype: str, own: int | None = None, team: Team = ALONE
) -> Iterator[ShardWriter]:
    """Give what writes a shard of ``shape`` (rows, D); ``path`` appears when all rows are there.

    Each process of ``team`` writes its ``own`` number of rows, in the order of ranks.
    """
    with written_together(path, team) as stream:
        if team.leads:
            begin_array(stream, shape, dtype)
        writer = ShardWriter(stream, (shape[0] if own is None else own, shape[1]), dtype)
        yield writer
        writer.finish()


@dataclass(frozen=True)
class Embeddings:
    """A data set's faces as the source encoders see them, read from the disk row by row as asked for."""

    sizes: dict[str, int]
    """Encoder -> values of its embedding, in the order of the settings."""
    _shards: dict[str, list[np.ndarray]]
    """Encoder -> its shards, (rows, D), memory-mapped."""
    _starts: np.ndarray
    """Where each shard starts, and the number of all faces."""

    @classmethod
    def open(
        cls, layout: Layout, settings: Settings, dataset: str, names: Sequence[str] | None = None
    ) -> Embeddings:
        """Open the embeddings of ``dataset`` by all encoders, or by those in ``names``.

        Raises
        ------
        EmbeddingError
            If a shard is missing or truncated, has another number format or size than the
            settings say, or has not as many rows as its place asks for.
        """
        general, count = settings.general, settings.datasets[dataset].shards
        chosen = _ordered(list(general.encoders), names)
        sizes = {name: general.encoders[name].embedding for name in chosen}
        shards = {
            name: [
                _open_shard(shard_path(layout.embeddings(dataset, name), number), size, general.dtype)
                for number in range(count)
            ]
            for name, size in sizes.items()
        }
        faces = sum(map(len, shards[chosen[0]]))
        for name in chosen:
            _check_rows(layout.embeddings(dataset, name), shards[name], faces)
        starts = [shard_rows(faces, number, count).start for number in range(count)]
        return cls(sizes, shards, np.array([*starts, faces]))

    @property
    def names(self) -> list[str]:
        """The encoders, in the order of the settings."""
        return list(self.sizes)

    def __len__(self) -> int:
        """Return the number of faces."""
        return int(self._starts[-1])

    def rows(self, positions: np.ndarray, names: Sequence[str] | None = None) -> np.ndarray:
        """Return the embeddings of the faces at ``positions`` (B,), side by side.

        In the order of the settings, whatever the order of ``names``: (B, T) float32, where T is
        the sum of the encoders' sizes.

        Raises
        ------
        EmbeddingError
            If a name is not one of the encoders opened.
        """
        positions = np.asarray(positions)
        chosen = self.names if names is None else _ordered(self.names, names)
        edges = np.cumsum([0, *(self.sizes[name] for name in chosen)])
        gathered = np.empty((len(positions), edges[-1]), np.float32)
        for rows, number, inside in self._by_shard(positions):
            for name, (left, right) in zip(chosen, pairwise(edges), strict=True):
                gathered[rows, left:right] = self._shards[name][number][inside]
        return gathered

    def _by_shard(self, positions: np.ndarray) -> Iterator[tuple[np.ndarray | slice, int, np.ndarray]]:
        """Yield for each shard which of ``positions`` lie in it, its number, and where in it they lie."""
        if len(self._starts) == 2:
            yield slice(None), 0, positions
            return
        if len(positions) and not -1 < positions.min() <= positions.max() < len(self):
            raise IndexError(f"positions must lie in 0 to {len(self) - 1}")
        owner = np.searchsorted(self._starts, positions, side="right") - 1
        for number in np.unique(owner):
            rows = np.flatnonzero(owner == number)
            yield rows, int(number), positions[rows] - self._starts[number]


def _ordered(known: list[str], names: Sequence[str] | None) -> list[str]:
    if names is None:
        return known
    unknown = sorted(set(names) - set(known))
    if unknown or not names:
        asked = f"no embeddings of encoder '{unknown[0]}'" if unknown else "no encoder was named"
        raise EmbeddingError(f"{asked}. Known: {', '.join(known)}.")
    return [name for name in known if name in names]


def _open_shard(path: Path, size: int, dtype: str) -> np.ndarray:
    shard = open_array(path, EmbeddingError, AGAIN)
    if shard.dtype != np.dtype(dtype) or shard.shape[1:] != (size,):
        raise EmbeddingError(
            f"{path}: holds {shard.dtype} {list(shard.shape)}, but the configuration says {dtype} with "
            f"{size} values a face. {AGAIN}"
        )
    return shard


def _check_rows(folder: Path, shards: list[np.ndarray], faces: int) -> None:
    for number, shard in enumerate(shards):
        expected = len(shard_rows(faces, number, len(shards)))
        if len(shard) != expected:
            raise EmbeddingError(
                f"{shard_path(folder, number)}: has {len(shard)} rows where {expected} of {faces} faces "
                "belong. It was made from other faces or for another number of shards. " + AGAIN
            )
