"""The few faces that are published: each under its own row, and no other."""

import numpy as np
import pytest

from engram.core.errors import DataMissingError
from engram.core.paths import Layout
from engram.reporting.shown_faces import SHOWN, open_faces, write_shown_faces


def test_faces_keep_their_rows(tmp_path):
    """What is held is what stood in that row; a row that is not held is named, with the way out."""
    faces = np.random.default_rng(0).integers(0, 256, (9, 4, 5, 3), dtype=np.uint8)
    write_shown_faces(tmp_path / SHOWN, faces, [7, 2, 7])
    shown = open_faces(Layout(tmp_path), tmp_path)
    assert shown.shape == (2, 4, 5, 3)
    for row in (2, 7):
        np.testing.assert_array_equal(shown[np.int64(row)], faces[row])
    with pytest.raises(DataMissingError, match=rf"{SHOWN}: the face of row 3 .*check out the commit"):
        shown[3]
