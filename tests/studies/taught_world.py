"""A tiny world for students: drawn bands as faces, and what two made-up encoders see in them."""

import numpy as np
import pandas as pd
import torch

from engram.config import load_settings
from engram.core.arrays import shard_rows
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.images.align import Face
from engram.data.images.store import write_faces
from engram.data.splitting import make_split, write_split
from engram.models.fusion_operators import FusionModule, Operator, build_network, save_operator
from engram.studies.general.encoders.embeddings import Embeddings
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.operators import fused_sizes
from tests.conftest import read_config

SIZES = {"first": 5, "second": 7}
SIDE = 24
#: Each data set's number of faces.
FACES = {"crowd": 150, "city": 45}


def make_settings(**student):
    """Return settings of a study with two encoders, students of 8 values and two seeds."""
    config = read_config("smoke")
    config["compute"] = {"device": "cpu", "precision": "fp32", "checkpoint_seconds": 0.0}
    config["seeds"] = [1, 2]
    for name in FACES:
        config["datasets"][name] |= {
            "task": "identity",
            "shards": 2,
            "split": {"validation": 0.2, "test": 0.2},
        }
    config["general"] = {
        "faces": {"size": SIDE, "colour": "rgb"},
        "encoders": {
            name: {"task": "expression", "dataset": "wild", "embedding": size} for name, size in SIZES.items()
        },
        "unsupervised": "crowd",
        "fusion": {
            "hidden": [8],
            "sizes": [4],
            "training": {"epochs": 20, "batch_size": 16, "learning_rate": 0.01},
        },
        "student": {
            "width": 4,
            "size": SIDE,
            "training": {"epochs": 15, "batch_size": 16, "learning_rate": 0.01},
            **student,
        },
        "augment": {"shift": 1},
        "targets": {"gender": {"dataset": "city", "task": "gender"}},
    }
    return load_settings(config)


def make_world(folder, **student):
    """Return settings and the layout of stored faces, embeddings and operators of both data sets."""
    settings = make_settings(**student)
    layout = Layout(folder / "results")
    for name, count in FACES.items():
        _store(name, count, settings, layout)
    for seed in settings.seeds:
        _fit_operators(settings, layout, seed)
    return settings, layout


def _store(name, count, settings, layout):
    rng = np.random.default_rng(count)
    brightness = rng.uniform(0, 200, (count, 6))
    detected = np.arange(count) % 9 != 4
    subjects = [f"{name}-{number // 3}" for number in range(count)]
    manifest = pd.DataFrame({"image": [f"{i}.png" for i in range(count)], "subject": subjects})

    def faces():
        for values, found in zip(brightness, detected, strict=True):
            pixels = np.repeat(values[:, None], SIDE * SIDE // 6, axis=1).reshape(SIDE, SIDE, 1)
            pixels = (pixels + rng.integers(0, 20, (SIDE, SIDE, 3))).astype(np.uint8)
            yield Face(pixels, bool(found), False, (0.0, 0.0, float(SIDE), float(SIDE)))

    store = write_faces(layout.faces(name, GENERAL_CROP), manifest, faces(), SIDE, 3)
    split = make_split(store.index, settings.datasets[name].split, "identity", name)
    write_split(layout.split(name), split)
    for number, (encoder, size) in enumerate(SIZES.items()):
        mixing = np.random.default_rng(number).normal(size=(6, size))
        seen = np.where(detected[:, None], np.tanh((brightness / 100 - 1) @ mixing) + number, 0)
        for shard in range(2):
            path = layout.embeddings(name, encoder) / f"shard-{shard}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, seen[list(shard_rows(count, shard, 2))].astype(np.float32))


def _fit_operators(settings, layout, seed):
    """Write operators that are all projections on the first principal directions, exactly decoded."""
    embeddings = Embeddings.load(GeneralFiles(settings, layout).embeddings("crowd"), SIZES, "float32")
    raw = embeddings.rows(np.arange(len(embeddings)))
    raw = torch.from_numpy(raw[(raw != 0).any(axis=1)])
    mean, std = raw.mean(0), raw.std(0, correction=0)
    directions = torch.linalg.svd((raw - mean) / std, full_matrices=False)[2]
    total = sum(SIZES.values())
    for name, size in {
        "concat": total,
        "pca": 8,
        "ae": fused_sizes(settings.general)[-1],
        "size_4": 4,
    }.items():
        kind = {"size_4": "ae"}.get(name, name)
        chosen = {"kind": kind, "sizes": [total, size]}
        module = FusionModule(build_network(chosen), mean, std)
        if kind == "pca":
            module.network.directions.copy_(directions[:size])
        if kind == "ae":
            _set_linear(module.network.encoder[0], directions[:size])
            _set_linear(module.network.decoder[0], directions[:size].T)
        save_operator(layout.fusion(name, seed) / "model.safetensors", Operator(module, SIZES, chosen))


@torch.no_grad()
def _set_linear(layer, weight):
    layer.weight.copy_(weight)
    layer.bias.zero_()
