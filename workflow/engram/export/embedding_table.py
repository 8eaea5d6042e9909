"""A table of embeddings, written as it grows: Parquet or CSV by the file's ending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from engram.core.files import atomic_path
from engram.data.images.align import Face
from engram.data.images.store import BOX

__all__ = ["Found", "TableWriter", "open_table"]

#: Rows of a row group: fewer make Parquet files slow to read, more take memory.
_GROUP = 1024


@dataclass(frozen=True)
class Found:
    """What came of one image."""

    path: Path
    face: Face | None
    """None if the image cannot be read; undetected if it has no face."""
    error: str | None = None
    """What is wrong with the image."""

    @property
    def detected(self) -> bool:
        """Whether it has an embedding."""
        return self.face is not None and self.face.detected


class TableWriter:
    """Takes rows batch by batch; see `open_table`."""

    def __init__(self, writer: parquet.ParquetWriter | csv.CSVWriter, schema: pa.Schema) -> None:
        self._writer, self._schema = writer, schema
        self._waiting: list[pa.RecordBatch] = []

    def write(self, found: Sequence[Found], embeddings: np.ndarray) -> None:
        """Add a row for each of ``found``; ``embeddings`` (F, D) are those of the detected, in order."""
        values = np.full((len(found), embeddings.shape[1]), np.nan, np.float32)
        values[[one.detected for one in found]] = embeddings
        boxes = np.array([one.face.box if one.face else (np.nan,) * 4 for one in found], np.float64)
        columns = [
            pa.array([str(one.path) for one in found], pa.string()),
            pa.array([one.detected for one in found], pa.bool_()),
            pa.array([one.error for one in found], pa.string()),
            # Values that are no number become empty places, which every reader of tables knows.
            *(pa.array(column, from_pandas=True) for column in boxes.T),
            *(pa.array(column, from_pandas=True) for column in np.ascontiguousarray(values.T)),
        ]
        self._waiting.append(pa.RecordBatch.from_arrays(columns, schema=self._schema))
        if sum(map(len, self._waiting)) >= _GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what waits for a full row group."""
        self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
        self._waiting.clear()


@contextmanager
def open_table(path: Path, embedding: int) -> Iterator[TableWriter]:
    """Give a writer of a table with ``embedding`` columns e0, e1, ...; it appears when it is whole.

    Columns: path, detected, error, the box (left, top, width, height in pixels), e0 ...; box and
    embedding are empty where there is no face.
    """
    schema = pa.schema(
        [("path", pa.string()), ("detected", pa.bool_()), ("error", pa.string())]
        + [(name, pa.float64()) for name in BOX]
        + [(f"e{index}", pa.float32()) for index in range(embedding)]
    )
    kind = csv.CSVWriter if path.suffix == ".csv" else parquet.ParquetWriter
    with atomic_path(path) as temporary, kind(temporary, schema) as writer:
        table = TableWriter(writer, schema)
        yield table
        table.flush()
