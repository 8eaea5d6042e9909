"""Stored embeddings: the only place that knows how they lie on the disk.

An encoder's embeddings of a data set are one array in shards, each an ``.npy`` file that a job of
its own can write: rows in the order of the faces, zeros where no face was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from engram.core.arrays import begin_array, shard_rows
from engram.core.errors import EmbeddingError
from engram.core.files import HashedStream, atomic_path
from engram.core.reading import AGAIN, open_array

__all__ = ["Embeddings", "ShardWriter", "shards_by_encoder", "write_shard"]


class ShardWriter:
    """Writes a shard batch after batch, so that memory does not grow with the number of embeddings.

    ``shape`` is (rows, D).
    """

    def __init__(self, stream: HashedStream, shape: tuple[int, int], dtype: str) -> None:
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
        """Check that every row was written."""
        if self._written != self._shape[0]:
            raise EmbeddingError(f"a shard of {self._shape[0]} rows was given {self._written}.")


@contextmanager
def write_shard(path: Path, shape: tuple[int, int], dtype: str) -> Iterator[ShardWriter]:
    """Give a writer of a shard of ``shape`` (rows, D); ``path`` appears when all rows are written."""
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        stream = HashedStream(file)
        begin_array(stream, shape, dtype)
        writer = ShardWriter(stream, shape, dtype)
        yield writer
        writer.finish()
    stream.remember(path)


@dataclass(frozen=True)
class Embeddings:
    """The source embeddings of a data set's faces; rows are read from the disk when they are asked for."""

    sizes: dict[str, int]
    """Encoder -> values of its embedding, in the order of the settings."""
    _shards: dict[str, list[np.ndarray]]
    """Encoder -> its shards, (rows, D), memory-mapped."""
    _starts: np.ndarray
    """Where each shard starts, and the number of all faces."""

    @classmethod
    def load(cls, files: Sequence[str | Path], sizes: Mapping[str, int], dtype: str) -> Embeddings:
        """Load a data set's embeddings.

        Parameters
        ----------
        files
            The shards of each encoder, encoder after encoder in the order of ``sizes``.
        sizes
            Encoder -> values of its embedding.
        dtype
            Number format of the shards, ``float16`` or ``float32``.

        Raises
        ------
        EmbeddingError
            If a shard is missing or truncated, has another number format or size than the
            settings say, or has not as many rows as its place asks for.
        """
        paths = shards_by_encoder(files, list(sizes))
        shards = {
            name: [_load_shard(Path(path), size, dtype) for path in paths[name]]
            for name, size in sizes.items()
        }
        first = next(iter(shards.values()))
        faces, count = sum(map(len, first)), len(first)
        for name, loaded in shards.items():
            _check_rows(paths[name], loaded, faces)
        starts = [shard_rows(faces, number, count).start for number in range(count)]
        return cls(dict(sizes), shards, np.array([*starts, faces]))

    @classmethod
    def join(cls, parts: Sequence[Embeddings]) -> Embeddings:
        """Read the embeddings of several data sets by the same encoders as one, faces numbered through."""
        shards = {name: [each for part in parts for each in part._shards[name]] for name in parts[0].sizes}
        before = np.cumsum([0, *map(len, parts)])
        starts = [part._starts[:-1] + faces for part, faces in zip(parts, before[:-1], strict=True)]
        return cls(parts[0].sizes, shards, np.concatenate([*starts, before[-1:]]))

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


def shards_by_encoder(files: Sequence[str | Path], encoders: Sequence[str]) -> dict[str, list[Path]]:
    """Return each encoder's shards out of a list that has as many for each, encoder after encoder."""
    count = len(files) // len(encoders)
    paths = list(map(Path, files))
    return {name: paths[number * count : (number + 1) * count] for number, name in enumerate(encoders)}


def _load_shard(path: Path, size: int, dtype: str) -> np.ndarray:
    shard = open_array(path, EmbeddingError, AGAIN)
    if shard.dtype != np.dtype(dtype) or shard.shape[1:] != (size,):
        raise EmbeddingError(
            f"{path}: holds {shard.dtype} {list(shard.shape)}, but the configuration says {dtype} with "
            f"{size} values a face. {AGAIN}"
        )
    return shard


def _check_rows(paths: Sequence[Path], shards: Sequence[np.ndarray], faces: int) -> None:
    for number, (path, shard) in enumerate(zip(paths, shards, strict=True)):
        expected = len(shard_rows(faces, number, len(shards)))
        if len(shard) != expected:
            raise EmbeddingError(
                f"{path}: has {len(shard)} rows where {expected} of {faces} faces belong. It was made "
                f"from other faces or for another number of shards. {AGAIN}"
            )
