"""What the tests of faces share: small data sets made on the spot, and real ones where at hand."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import cbook
from PIL import Image

from engram.core.labels import EXPRESSIONS
from engram.data.images.align import Face


@pytest.fixture(scope="session")
def real_faces():
    """Return the folder with `london_set` and `cmu_faces`; skip where it is not at hand."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("ENGRAM_FACES", beside))
    if not folder.is_dir():
        pytest.skip("no real faces: set ENGRAM_FACES to the folder with london_set and cmu_faces")
    return folder


@pytest.fixture(scope="session")
def portrait():
    """Return matplotlib's sample portrait as RGB (H, W, 3)."""
    with Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture
def manifest():
    """Return a manifest of 12 images, three subjects, four expressions."""
    rows = [(f"{person}_{i}.png", person, EXPRESSIONS[i]) for person in ("ada", "bo", "cy") for i in range(4)]
    return pd.DataFrame(rows, columns=["image", "subject", "expression"])


@pytest.fixture
def faces():
    """Return 12 stored faces of 24x24 grey pixels, each of its own brightness; the last is undetected."""
    found = [
        Face(
            np.full((24, 24, 1), 20 * i, np.uint8), detected=True, eyes=i % 2 == 0, box=(1.0, 2.0, 30.0, 40.0)
        )
        for i in range(11)
    ]
    empty = Face(np.zeros((24, 24, 1), np.uint8), detected=False, eyes=False, box=(float("nan"),) * 4)
    return [*found, empty]


@pytest.fixture
def listed(tmp_path, manifest):
    """Return the folder of a data set with `manifest.csv` and its 12 PNG files of 40x50 pixels."""
    root = tmp_path / "listed"
    root.mkdir()
    for i, name in enumerate(manifest["image"]):
        Image.new("RGB", (40, 50), (20 * i, 100, 50)).save(root / name)
    manifest.to_csv(root / "manifest.csv", index=False)
    return root
