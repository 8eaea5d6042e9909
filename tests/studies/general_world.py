"""A tiny world for the general study: made-up colour faces with labels of every kind, split."""

import numpy as np
import pandas as pd

from engram.config import load_settings
from engram.core.labels import CLASSES
from engram.core.paths import GENERAL_CROP
from engram.data.images.align import Face
from engram.data.images.store import write_faces
from engram.data.splitting import make_split, write_split
from tests.conftest import read_config

__all__ = ["TASKS", "general_settings", "store_general_faces"]

#: Encoder -> its task, data set and input, as different as real ones are.
TASKS = {
    "expression": {"task": "expression", "dataset": "wild", "embedding": 6, "colour": "grey"},
    "identity": {"task": "identity", "dataset": "gallery", "embedding": 10, "size": 32},
    "age": {"task": "age", "dataset": "portraits", "embedding": 4, "colour": "bgr"},
    "attributes": {"task": "attributes", "dataset": "celebrities", "embedding": 8},
}
_ARCHITECTURES = ("vgg", "resnet", "separable", "plain")


def general_settings(change=lambda config: None):
    """Return settings with four tiny encoders; ``change`` may edit the configuration first."""
    config = read_config("smoke")
    training = {"epochs": 3, "patience": 3, "batch_size": 16, "learning_rate": 0.003}
    config["general"]["encoders"] = {
        name: {**chosen, "architecture": architecture, "width": 4, "training": training}
        for (name, chosen), architecture in zip(TASKS.items(), _ARCHITECTURES, strict=True)
    }
    config["compute"] = {"device": "cpu", "precision": "fp32", "checkpoint_seconds": 0.0}
    change(config)
    return load_settings(config)


def store_general_faces(layout, settings, dataset, people=12, images=72):
    """Store made-up faces with labels of every task; every tenth was not detected; return the store."""
    rng = np.random.default_rng(len(dataset))
    expression = np.array(CLASSES["expression"])[np.arange(images) % 7]
    age = rng.uniform(20, 60, images).round()
    hat = rng.integers(0, 2, images)
    manifest = pd.DataFrame(
        {
            "image": [f"{dataset}.npy#{i}" for i in range(images)],
            "subject": [f"{dataset}-{i * people // images:02d}" for i in range(images)],
            "expression": expression,
            "age_group": np.array(CLASSES["age_group"])[np.arange(images) % 4],
            "age": np.where(np.arange(images) % 9 == 8, np.nan, age),
            "attr_hat": np.where(np.arange(images) % 8 == 7, np.nan, hat),
            "attr_beard": rng.integers(0, 2, images).astype(float),
        }
    )

    def faces():
        for i in range(images):
            pixels = rng.integers(0, 60, (48, 48, 3), np.uint8)
            pixels[6 * (i % 7) : 6 * (i % 7) + 6] += 100
            pixels[..., 2] += np.uint8(2 * (age[i] - 20))
            pixels[:8] += np.uint8(60 * hat[i])
            yield Face(pixels, i % 10 != 9, False, (0.0, 0.0, 48.0, 48.0))

    store = write_faces(layout.faces(dataset, GENERAL_CROP), manifest, faces(), 48, 3)
    chosen = settings.datasets[dataset]
    # A drawn data set comes with its test subset; made-up faces do not.
    split = chosen.split.model_copy(update={"scheme": "subject"})
    write_split(layout.split(dataset), make_split(store.index, split, chosen.task, dataset))
    return store
