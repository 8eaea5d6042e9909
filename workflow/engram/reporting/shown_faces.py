"""The few stored faces that published figures show: their pixels stand in the figures already.

The faces of a data set stay at home. With these few, where a licence allows them to be shown,
whoever has the published results can draw every figure again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from engram.core.arrays import Faces
from engram.core.errors import DataMissingError
from engram.core.files import atomic_path
from engram.core.paths import Layout
from engram.core.reading import AGAIN, read_table
from engram.data.images.store import FaceStore
from engram.data.shard_jobs import shard_file
from engram.reporting.stored_faces import stored_faces

__all__ = ["SHOWN", "ShownFaces", "open_faces", "write_shown_faces"]

#: Lies where the array of all faces would.
SHOWN = "shown.parquet"
_ALL = "faces.npy"


class ShownFaces:
    """Some faces of a data set by their row among all; in figures it stands in for the array of all."""

    def __init__(self, frame: pd.DataFrame, path: Path) -> None:
        """Take columns ``row``, ``height``, ``width``, ``channels`` and ``pixels`` (bytes, row by row).

        ``path`` is where they were read, for errors.
        """
        sizes = frame[["height", "width", "channels"]].drop_duplicates()
        if len(sizes) != 1:
            raise ValueError(f"faces of {len(sizes)} sizes where one is expected")
        size = tuple(map(int, sizes.iloc[0]))
        self.shape = (len(frame), *size)
        """Number of faces held, height, width, channels."""
        self._path = path
        self._faces = {
            int(row): np.frombuffer(pixels, np.uint8).reshape(size)
            for row, pixels in zip(frame["row"], frame["pixels"], strict=True)
        }

    def __getitem__(self, row: int) -> np.ndarray:
        """Return the face of a row, (height, width, channels) uint8.

        Raises
        ------
        DataMissingError
            If it was not published: a figure shows others now than the published one.
        """
        if int(row) not in self._faces:
            raise DataMissingError(
                f"{self._path}: the face of row {int(row)} was not published. Figures of this code show "
                "other faces than the published ones: check out the commit that published them (git log "
                "results.dvc; a bundle names it in ro-crate-metadata.json), and try again there."
            )
        return self._faces[int(row)]


def write_shown_faces(path: Path, faces: Faces | ShownFaces, rows: Iterable[int]) -> None:
    """Write ``rows`` of ``faces`` (N, H, W, C) uint8, ascending, each once.

    The same faces give the same bytes.
    """
    chosen = sorted({int(row) for row in rows})
    height, width, channels = faces.shape[1:]
    frame = pd.DataFrame(
        {
            "row": np.array(chosen, np.int64),
            "height": height,
            "width": width,
            "channels": channels,
            "pixels": [np.ascontiguousarray(faces[row]).tobytes() for row in chosen],
        }
    )
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, index=False)


def open_faces(layout: Layout, folder: Path) -> Faces | ShownFaces:
    """Open a data set's stored faces, or the few that were published of them.

    Parameters
    ----------
    layout
        Of the results that the faces belong to.
    folder
        That of the stored faces.

    Returns
    -------
    Faces or ShownFaces
        All faces, (N, H, W, C) uint8, read from the disk as they are used; or those of figures.

    Raises
    ------
    DataMissingError
        If neither is there or can be read.
    DamageError, StoreError
        If they are not those that were stored.
    """
    if shard_file(folder, 0).exists():
        return FaceStore.load(folder).faces
    if (folder / _ALL).exists() or not (folder / SHOWN).exists():
        return stored_faces(layout, folder / _ALL)
    path = folder / SHOWN
    frame = read_table(path, DataMissingError, ("row", "height", "width", "channels", "pixels"))
    try:
        return ShownFaces(frame, path)
    except ValueError as error:
        raise DataMissingError(f"{path}: these are no faces ({error}). {AGAIN}") from None
