import numpy as np
import pytest
from PIL import Image

from engram.core.errors import ImageError
from engram.data.images.contact_sheets import COLUMNS, FACE, GAP, IMAGE, write_sheet
from engram.data.images.store import write_faces


@pytest.fixture
def store(tmp_path, manifest, faces):
    """Return the folder of 12 stored faces, the last undetected."""
    return write_faces(tmp_path / "store", manifest, faces, 24, 1).folder


def test_a_sheet_has_its_sections(tmp_path, listed, store):
    """Two rows of faces and one of misses are as high as their cells, and the picture is not blank."""
    write_sheet(tmp_path / "sheet.png", store, listed, "Lab")
    with Image.open(tmp_path / "sheet.png") as image:
        pixels = np.asarray(image)
    assert pixels.shape[1] == GAP + COLUMNS * (IMAGE + GAP)
    assert pixels.shape[0] > 3 * IMAGE + 2 * FACE
    assert (pixels == [230, 140, 0]).all(axis=2).any()
    assert (pixels == [0, 140, 90]).all(axis=2).any()


def test_the_same_store_gives_the_same_sheet(tmp_path, listed, store):
    """A sheet depends on nothing but the store and its images."""
    for name in ("one", "two"):
        write_sheet(tmp_path / f"{name}.png", store, listed, "Lab", rows=1)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_sheets_of_extremes(tmp_path, listed, manifest, faces):
    """A data set without misses, one without any face and one without labels have their sheets too."""
    for name, kept in (("all", [faces[0]] * 12), ("none", [faces[11]] * 12)):
        write_faces(tmp_path / name, manifest.assign(expression=None), kept, 24, 1)
        write_sheet(tmp_path / f"{name}.png", tmp_path / name, listed, name)
        assert (tmp_path / f"{name}.png").stat().st_size > 1000


def test_a_missing_image_is_named(tmp_path, listed, store):
    """Where an image is gone since, the sheet says so and none is written."""
    (listed / "ada_0.png").unlink()
    with pytest.raises(ImageError, match=r"ada_0\.png"):
        write_sheet(tmp_path / "sheet.png", store, listed, "Lab")
    assert not (tmp_path / "sheet.png").exists()
