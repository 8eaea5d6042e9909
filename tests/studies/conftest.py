"""A tiny world for the studies: a few stored faces of two data sets, split."""

import numpy as np
import pandas as pd
import pytest

from engram.config import load_settings
from engram.core.labels import CLASSES, EXPRESSIONS
from engram.core.paths import Layout
from engram.data.images.align import Face
from engram.data.images.store import write_faces
from engram.data.splitting import make_split, write_split
from tests.conftest import read_config


def make_settings(**compute):
    """Return the smoke settings at the smallest width, with two targets' worth of stages."""
    config = read_config("smoke")
    config["memory"]["network"]["width"] = 0.03
    config["compute"] = {"device": "cpu", "precision": "fp32", "checkpoint_seconds": 0.0, **compute}
    return load_settings(config)


def store_faces(name, layout, settings, subjects, images):
    """Store made-up faces: each class has a bright band at its own height."""
    rng = np.random.default_rng(len(name))
    task = settings.datasets[name].task
    classes = CLASSES[task]
    labels = [classes[i % len(classes)] for i in range(images)]
    manifest = pd.DataFrame(
        {
            "image": [f"images.npy#{i}" for i in range(images)],
            "subject": [f"{name}-{i * subjects // images}" for i in range(images)],
            task: labels,
        }
    )

    def faces():
        for i, label in enumerate(labels):
            pixels = rng.integers(0, 90, (48, 48, 1), np.uint8)
            top = 6 * classes.index(label)
            pixels[top : top + 6] += 120
            yield Face(pixels, i % 10 != 9, False, (0.0, 0.0, 48.0, 48.0))

    store = write_faces(layout.faces(name), manifest, faces(), 48, 1)
    # A drawn data set comes with its subsets; made-up faces do not.
    split = settings.datasets[name].split.model_copy(update={"scheme": "subject"})
    write_split(layout.split(name), make_split(store.index, split, task, name))


@pytest.fixture
def world(tmp_path):
    """Return settings and the layout of a folder with stored faces and splits."""
    settings = make_settings()
    layout = Layout(tmp_path / "results")
    store_faces("wild", layout, settings, subjects=12, images=84)
    store_faces("studio", layout, settings, subjects=7, images=49)
    store_faces("portraits", layout, settings, subjects=6, images=48)
    assert len(EXPRESSIONS) == 7
    return settings, layout
