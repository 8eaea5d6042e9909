"""Stored faces as figures show them: read without what made them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engram.core.errors import DataMissingError
from engram.core.paths import Layout
from engram.core.reading import AGAIN, open_array
from engram.runtime.checksums import check_files

__all__ = ["stored_faces"]


def stored_faces(layout: Layout, path: Path) -> np.ndarray:
    """Return the faces of the file ``path``, (N, H, W, C) uint8, read from the disk as they are used.

    Raises
    ------
    DataMissingError
        If they are not there, damaged, or no faces.
    DamageError
        If they are not those that were stored.
    """
    faces = open_array(path, DataMissingError)
    if faces.dtype != np.uint8 or faces.ndim != 4:
        raise DataMissingError(f"{path}: holds {faces.dtype} {list(faces.shape)}, no faces. {AGAIN}")
    check_files(layout.root, [path])
    return faces
