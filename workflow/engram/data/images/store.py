"""The stored faces of one data set: the only place that knows how they lie on the disk.

A folder holds ``faces.npy`` (N, H, W, C; uint8), ``index.parquet`` (the manifest's columns and
what detection found, a row a face) and ``store.json`` (shape and content hash). ``store.json``
comes last: without it the folder is unfinished. In place of ``faces.npy`` it may hold shards of JPEG bytes,
``shard-0.arrow`` and so on, which `engram.data.images.compressed` reads and writes; who reads a store need
not know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engram.core.arrays import Faces, begin_array
from engram.core.errors import StoreError
from engram.core.files import HashedStream, atomic_path, file_hash, write_json, written_hash
from engram.core.reading import open_array, read_json, read_table
from engram.data.images.compressed import BOX, POINTS, CompressedFaces, read_found
from engram.data.shard_jobs import shard_file
from engram.data.split import Split
from engram.runtime.checksums import HASHED

if TYPE_CHECKING:
    # Figures read faces here, and need no OpenCV.
    from engram.data.images.align import Face

__all__ = ["BOX", "POINTS", "FaceStore", "join_shards", "load_stores", "write_faces"]

FACES, INDEX, SUMMARY = "faces.npy", "index.parquet", "store.json"

_AGAIN = "Delete the folder and run snakemake again."
_COLUMNS = ("image", "subject", "detected", "eyes", *BOX)


def write_faces(
    folder: str | Path, manifest: pd.DataFrame, faces: Iterable[Face], size: int, channels: int
) -> FaceStore:
    """Write ``faces``, one for each row of ``manifest``, one after another, and open the result.

    Raises
    ------
    StoreError
        If there are not as many faces as rows.
    DiskError
        If the disk is full or cannot be written. What stood in the folder is then unchanged.
    """
    folder = Path(folder)
    shape = (len(manifest), size, size, channels)
    with ExitStack() as stack:
        array = stack.enter_context(atomic_path(folder / FACES))
        table = stack.enter_context(atomic_path(folder / INDEX))
        found = _write_array(array, faces, shape)
        # An index that is stored again has columns of its own detection.
        labels = manifest.reset_index(drop=True).drop(columns=list(found), errors="ignore")
        index = pd.concat([labels, found], axis=1)
        index.to_parquet(table, index=False)
        summary = {"shape": list(shape), "hash": _hash([written_hash(array)], table)}
        (folder / SUMMARY).unlink(missing_ok=True)
    write_json(folder / SUMMARY, summary)
    return FaceStore.load(folder)


def join_shards(
    folder: str | Path, manifest: pd.DataFrame, hashes: Iterable[str], size: int, channels: int
) -> FaceStore:
    """Write the index and summary of a folder that holds all shards, and open the result.

    No face is read.

    Parameters
    ----------
    hashes
        The SHA-256 of each shard, in their order.

    Raises
    ------
    StoreError
        If a shard is missing or damaged, or they hold not as many faces as there are rows.
    """
    folder, hashes = Path(folder), list(hashes)
    found = pd.concat([read_found(shard_file(folder, n)) for n in range(len(hashes))], ignore_index=True)
    if len(found) != len(manifest):
        raise StoreError(
            f"{folder}: the shards hold {len(found)} faces for {len(manifest)} rows of the manifest. {_AGAIN}"
        )
    labels = manifest.reset_index(drop=True).drop(columns=list(found), errors="ignore")
    with atomic_path(folder / INDEX) as table:
        pd.concat([labels, found], axis=1).to_parquet(table, index=False)
        shape = [len(manifest), size, size, channels]
        summary = {"format": "jpeg", "shards": len(hashes), "shape": shape, "hash": _hash(hashes, table)}
        (folder / SUMMARY).unlink(missing_ok=True)
    write_json(folder / SUMMARY, summary)
    return FaceStore.load(folder)


def _write_array(path: Path, faces: Iterable[Face], shape: tuple[int, ...]) -> pd.DataFrame:
    """Stream the pixels into ``path`` and return what detection found, a row a face."""
    rows: list[tuple] = []
    with open(path, "wb") as file:
        stream = HashedStream(file)
        begin_array(stream, shape, np.uint8)
        for face in faces:
            if face.pixels.shape != shape[1:] or face.pixels.dtype != np.uint8:
                raise StoreError(
                    f"{path.parent}: face {len(rows)} is {face.pixels.shape}, not {shape[1:]} of uint8."
                )
            stream.write(face.pixels.tobytes())
            rows.append((face.detected, face.eyes, *face.box, *face.points))
    stream.remember(path)
    if len(rows) != shape[0]:
        raise StoreError(f"{path.parent}: {len(rows)} faces were given for {shape[0]} rows of the manifest.")
    places = (*BOX, *POINTS)
    return pd.DataFrame(rows, columns=["detected", "eyes", *places]).astype(dict.fromkeys(places, "float64"))


def _hash(faces: Iterable[str], index: Path) -> str:
    """Return the hash of a store by those of its faces' files, and its index."""
    return hashlib.sha256(" ".join([*faces, file_hash(index)]).encode()).hexdigest()


@dataclass(frozen=True)
class FaceStore:
    """One data set's faces, opened for reading; pixels are read from the disk as they are used."""

    folder: Path
    faces: Faces
    """uint8 of shape (N, H, W, C), an array that is memory-mapped or `CompressedFaces`; C is 1 or 3."""
    index: pd.DataFrame
    """The manifest's columns, ``detected``, ``eyes`` and the box, in the order of ``faces``."""
    hash: str
    """SHA-256 over the pixels and the index."""

    @classmethod
    def load(cls, folder: str | Path) -> FaceStore:
        """Open a store.

        Raises
        ------
        StoreError
            If a file is missing, truncated, or does not fit the others; in a store of up to
            `HASHED` bytes also if a byte is not the one that was stored.
        """
        folder = Path(folder)
        summary = read_json(folder / SUMMARY, StoreError, _AGAIN)
        faces = _load_faces(folder, summary)
        index = read_table(folder / INDEX, StoreError, _COLUMNS, _AGAIN)
        if not isinstance(summary, dict) or not {"shape", "hash"} <= summary.keys():
            raise StoreError(f"{folder / SUMMARY}: this is no summary of stored faces. {_AGAIN}")
        if list(faces.shape) != summary["shape"] or faces.dtype != np.uint8:
            raise StoreError(
                f"{folder / FACES}: holds {faces.dtype} {list(faces.shape)}, "
                f"not uint8 {summary['shape']}. {_AGAIN}"
            )
        if len(index) != len(faces):
            raise StoreError(f"{folder / INDEX}: has {len(index)} rows for {len(faces)} faces. {_AGAIN}")
        store = cls(folder, faces, index, summary["hash"])
        if faces.nbytes <= HASHED:
            store.verify()
        return store

    @property
    def files(self) -> list[Path]:
        """The files of the faces themselves."""
        if isinstance(self.faces, CompressedFaces):
            return self.faces.paths
        return [self.folder / FACES]

    def __len__(self) -> int:
        return len(self.faces)

    @property
    def detected(self) -> np.ndarray:
        """(N,) bool: whether each face was detected."""
        return self.index["detected"].to_numpy(bool)

    def detected_rows(self, split: Split, *subsets: str) -> np.ndarray:
        """Return the rows of some subsets whose face was detected, ascending, int64."""
        rows = np.sort(np.concatenate([split.rows(subset) for subset in subsets]))
        return rows[self.detected[rows]]

    def contents(self, rows: np.ndarray) -> Iterator[bytes]:
        """Yield what is stored of each of some rows, pixels or JPEG: of equal faces equal bytes."""
        if isinstance(self.faces, CompressedFaces):
            yield from map(self.faces.content, rows)
        else:
            yield from (face.tobytes() for face in np.asarray(self.faces)[rows])

    def verify(self) -> None:
        """Read everything again and compare it with the hash.

        Raises
        ------
        StoreError
            If a byte differs.
        """
        if _hash(map(file_hash, self.files), self.folder / INDEX) != self.hash:
            raise StoreError(f"{self.folder}: the faces are not those that were stored. {_AGAIN}")


def _load_faces(folder: Path, summary: Any) -> np.ndarray | CompressedFaces:
    """Open the faces of a folder as its summary says, if that says something."""
    if isinstance(summary, dict) and {"format", "shards", "shape"} <= summary.keys():
        paths = [shard_file(folder, shard) for shard in range(summary["shards"])]
        return CompressedFaces(paths, *summary["shape"][2:])
    return open_array(folder / FACES, StoreError, _AGAIN)


def load_stores(files: Iterable[str | Path], names: Iterable[str]) -> Iterator[tuple[str, FaceStore]]:
    """Yield each data set's name and stored faces; ``files`` are those of a folder a name, in their order."""
    folders = dict.fromkeys(Path(file).parent for file in files)
    for name, folder in zip(names, folders, strict=True):
        yield name, FaceStore.load(folder)
