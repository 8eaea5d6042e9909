"""Faces as JPEG bytes in shards: the only place that knows how a shard lies on the disk.

A shard is an Arrow file (IPC, not compressed again): a row a face, with its JPEG bytes and what detection
found. Arrow files are mapped, so that to read a face touches its own bytes alone. docs/store.md says why it
is JPEG, and why Arrow.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from engram.core.errors import StoreError
from engram.core.files import HashedStream, atomic_path
from engram.core.reading import first_line

if TYPE_CHECKING:
    # Figures read faces here, and need no OpenCV.
    from engram.data.images.align import Face

__all__ = ["BOX", "POINTS", "CompressedFaces", "read_found", "write_shard"]

BOX = ("box_left", "box_top", "box_width", "box_height")
#: Where eyes, nose and corners of the mouth lie in the image, as far as they were found.
POINTS = tuple(
    f"{name}_{axis}"
    for name in ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
    for axis in ("x", "y")
)
#: Faces of a batch: they are held in memory while a shard is written.
_BATCH = 1024
_JPEG = "jpeg"
_SCHEMA = pa.schema(
    [(_JPEG, pa.binary()), ("detected", pa.bool_()), ("eyes", pa.bool_())]
    + [(name, pa.float64()) for name in (*BOX, *POINTS)]
)
_AGAIN = "Delete it and run snakemake again."
_MODES = {1: "L", 3: "RGB"}


def write_shard(path: Path, faces: Iterable[Face], count: int, side: int, channels: int, quality: int) -> str:
    """Write ``count`` faces of ``side`` pixels as a shard; return the file's SHA-256.

    An undetected face has no bytes. Memory does not grow with the number of faces.

    Parameters
    ----------
    quality
        JPEG's, up to 100.

    Raises
    ------
    StoreError
        If there are not as many faces, or one has another shape.
    DiskError
        If the disk is full or cannot be written. What stood at ``path`` is then unchanged.
    """
    written, remaining = 0, iter(faces)
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        stream = HashedStream(file)
        with pa.ipc.new_file(pa.PythonFile(stream, "w"), _SCHEMA) as writer:
            while rows := [_row(face, side, channels, quality, path) for face in islice(remaining, _BATCH)]:
                writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=_SCHEMA))
                written += len(rows)
        if written != count:
            raise StoreError(f"{path}: {written} faces were given for {count} rows of the manifest.")
    return stream.remember(path)


def _row(face: Face, side: int, channels: int, quality: int, path: Path) -> dict[str, Any]:
    if face.pixels.shape != (side, side, channels) or face.pixels.dtype != np.uint8:
        raise StoreError(f"{path}: a face is {face.pixels.shape}, not {(side, side, channels)} of uint8.")
    places = dict(zip((*BOX, *POINTS), (*face.box, *face.points), strict=True))
    jpeg = _encode(face.pixels, quality) if face.detected else b""
    return {_JPEG: jpeg, "detected": face.detected, "eyes": face.eyes, **places}


def _encode(pixels: np.ndarray, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def read_found(path: Path) -> pd.DataFrame:
    """Return what detection found, a row a face of a shard: ``detected``, ``eyes``, `BOX`, `POINTS`.

    Raises
    ------
    StoreError
        If the file is missing or damaged.
    """
    table = _open(path)
    return table.select([name for name in table.column_names if name != _JPEG]).to_pandas()


class CompressedFaces:
    """The faces of some shards, read as one array (N, H, W, C) uint8; those that are asked for are decoded.

    Decoding and resizing release the interpreter's lock, so that several threads may read at once.

    Parameters
    ----------
    paths
        The shards, in the order of the rows.
    side, channels
        Of a stored face.
    """

    #: Read it in blocks of neighbours, ahead of the use.
    streams = True

    def __init__(self, paths: Sequence[Path], side: int, channels: int) -> None:
        self.paths, self._stored, self._channels, self._side = list(paths), side, channels, side
        tables = [_open(path) for path in self.paths]
        self._starts = np.cumsum([0, *map(len, tables)])
        self._columns = [_Column(table) for table in tables]
        self.nbytes = sum(path.stat().st_size for path in self.paths)
        """Bytes on the disk."""

    def sized(self, size: int) -> CompressedFaces:
        """Return the same faces, decoded at ``size`` pixels where they are stored larger."""
        other = object.__new__(CompressedFaces)
        other.__dict__ |= {**self.__dict__, "_side": min(size, self._stored)}
        return other

    @property
    def shape(self) -> tuple[int, ...]:
        """N, height, width, channels."""
        return (len(self), self._side, self._side, self._channels)

    @property
    def dtype(self) -> np.dtype:
        """Always uint8."""
        return np.dtype(np.uint8)

    @property
    def scale(self) -> float:
        """The side of a face that is given, by that of a stored one."""
        return self._side / self._stored

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Return one face (H, W, C), or those at positions (B,) as (B, H, W, C); zeros where none is stored.

        Raises
        ------
        StoreError
            If a face cannot be decoded.
        """
        if np.ndim(rows) == 0 and not isinstance(rows, slice):
            return self[np.array([rows])][0]
        chosen = np.arange(len(self))[rows]
        found = np.zeros((len(chosen), *self.shape[1:]), np.uint8)
        for place, row in enumerate(chosen):
            if jpeg := self.content(row):
                found[place] = self._decode(jpeg, row)
        return found

    def content(self, row: int) -> bytes:
        """Return the JPEG bytes of a row, empty where no face was detected."""
        shard = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._columns[shard].value(int(row - self._starts[shard]))

    def _decode(self, jpeg: bytes, row: int) -> np.ndarray:
        try:
            with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
                if image.size != (self._stored,) * 2 or image.mode != _MODES[self._channels]:
                    raise ValueError(f"{image.mode} {image.size}")
                if self._side < self._stored:
                    # JPEG gives a half, a quarter or an eighth of the size in less time.
                    image.draft(image.mode, (self._side,) * 2)
                    # With antialiasing: as `engram.models.inputs.resize` does.
                    smaller = image.resize((self._side,) * 2, Image.Resampling.BILINEAR)
                    return np.asarray(smaller).reshape(self.shape[1:])
                return np.asarray(image).reshape(self.shape[1:])
        except Exception as problem:  # whatever Pillow makes of damaged bytes
            shard = int(np.searchsorted(self._starts, row, side="right")) - 1
            raise StoreError(
                f"{self.paths[shard]}: the face of row {row} is damaged ({first_line(problem)}). {_AGAIN}"
            ) from None


class _Column:
    """The JPEG bytes of a shard, found by their offsets: Arrow's own scalars take as long as a copy."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table  # keeps the file mapped
        chunks = table.column(_JPEG).chunks
        self._starts = np.cumsum([0, *map(len, chunks)])
        self._chunks = [_offsets_and_data(chunk) for chunk in chunks]

    def value(self, row: int) -> bytes:
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        offsets, data = self._chunks[number]
        inside = row - int(self._starts[number])
        return bytes(data[offsets[inside] : offsets[inside + 1]])


def _offsets_and_data(chunk: pa.Array) -> tuple[np.ndarray, memoryview]:
    _, offsets, data = chunk.buffers()
    found = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    return found, memoryview(data) if data is not None else memoryview(b"")


def _open(path: Path) -> pa.Table:
    """Map a shard.

    Raises
    ------
    StoreError
        If it is missing, damaged or no shard.
    """
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except FileNotFoundError:
        raise StoreError(f"{path}: this file is missing. Run snakemake again.") from None
    except (OSError, pa.ArrowException) as problem:
        raise StoreError(f"{path}: this file is damaged ({first_line(problem)}). {_AGAIN}") from None
    if table.schema != _SCHEMA:
        raise StoreError(f"{path}: this is no shard of stored faces. {_AGAIN}")
    return table
