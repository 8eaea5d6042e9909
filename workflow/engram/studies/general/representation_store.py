"""Frozen representations on disk: one array for each, with the values of every seed and face.

Each file is (seeds, N, d) float32; rows whose face was not detected are zeros.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engram.config import Settings
from engram.core.arrays import begin_array
from engram.core.errors import EmbeddingError
from engram.core.files import atomic_path
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.reading import AGAIN, open_array
from engram.data.images.store import FaceStore
from engram.runtime.checksums import check_files
from engram.studies.general.plan import representations

__all__ = ["ArrayWriter", "Representations", "load_representation", "representation_file", "write_array"]


def representation_file(layout: Layout, dataset: str, name: str) -> Path:
    """Return the file of one representation of a data set's faces."""
    return layout.representations(dataset) / f"{name}.npy"


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


@dataclass(frozen=True)
class Representations:
    """The representations of one data set's faces, opened for reading."""

    layout: Layout
    dataset: str
    names: list[str]
    seeds: list[int]
    """What the first axis counts."""
    faces: int

    @classmethod
    def open(cls, layout: Layout, settings: Settings, dataset: str) -> Representations:
        """Open what `represent_faces` wrote of a data set."""
        faces = len(FaceStore.open(layout.faces(dataset, GENERAL_CROP)).index)
        return cls(layout, dataset, representations(settings.general), settings.seeds, faces)

    def of(self, name: str) -> np.ndarray:
        """Return one representation; see `load_representation`."""
        path = representation_file(self.layout, self.dataset, name)
        check_files(self.layout.root, [path])
        return load_representation(path, len(self.seeds), self.faces)
