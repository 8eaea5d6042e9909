"""A tiny world of tasks: two data sets with made-up faces, embeddings, representations and models."""

import json

import numpy as np
import pandas as pd
import torch

from engram.config import load_settings
from engram.core.files import write_json
from engram.core.labels import CLASSES
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.images.align import Face
from engram.data.images.store import FaceStore, write_faces
from engram.data.splitting import make_split, write_split
from engram.models.backbone_files import Backbone, save_backbone
from engram.models.inputs import FaceInputs
from engram.studies.general.jobs.task_steps import find_task, finetune_step, probe_step, search_step
from engram.studies.general.jobs.tasks import fill_task_job
from engram.studies.general.operators import fused_sizes
from engram.studies.general.plan import representations
from engram.studies.general.targets.solve import run_steps
from engram.training.tasks import LabelSet
from tests.conftest import read_config

SIZE = 32
TARGETS = {
    "faces": {"dataset": "studio", "task": "gender"},
    "years": {"dataset": "portraits", "task": "age", "protocol": "leave_one_out"},
    "hats": {"dataset": "studio", "task": "attributes"},
    "subjects": {"dataset": "studio", "task": "identity", "protocol": "pairs", "pairs": 40},
}
ENCODERS = {
    "gender": {"task": "gender", "dataset": "studio", "embedding": 6, "architecture": "plain", "width": 2},
    "identity": {
        "task": "identity",
        "dataset": "studio",
        "embedding": 8,
        "architecture": "plain",
        "width": 2,
    },
}


def general_settings(**changes):
    """Return settings of a study small enough for a test; ``changes`` are merged into ``general``."""
    config = read_config("smoke")
    brief = {"epochs": 3, "patience": 3, "batch_size": 16, "learning_rate": 0.01}
    config["seeds"] = [1, 2]
    config["general"] = {
        "faces": {"size": SIZE, "colour": "rgb"},
        "encoders": {
            name: {**encoder, "size": SIZE, "training": brief} for name, encoder in ENCODERS.items()
        },
        "unsupervised": "studio",
        "fusion": {"sizes": []},
        "student": {"width": 4, "size": SIZE, "tuning": brief},
        "students": ["unique"],
        "baselines": ["constant", "hog"],
        "head": {"hidden": 8, "training": {**brief, "epochs": 20, "patience": 20}},
        "targets": TARGETS,
        **changes,
    }
    split = {"validation": 0.25, "test": 0.4}
    for name, task in (("studio", "gender"), ("portraits", "identity")):
        config["datasets"][name] |= {"task": task, "split": split, "shards": 1}
    # The other study's chain begins with portraits, which tell no classes apart here.
    config["memory"] |= {"strategies": ["BL", "FC"], "levels": None}
    config["compute"] = {"device": "cpu", "precision": "fp32", "checkpoint_seconds": 0.0}
    return load_settings(config)


def make_index(subjects, images):
    """Return a manifest: the first person's every second image has a hat, and so on."""
    number = np.repeat(np.arange(subjects), images)
    count = len(number)
    return pd.DataFrame(
        {
            "image": [f"images.npy#{row}" for row in range(count)],
            "subject": [f"person-{person:02d}" for person in number],
            "gender": [CLASSES["gender"][person % 2] for person in number],
            "age": np.where(np.arange(count) == 3, np.nan, 20.0 + 3 * number),
            "attr_hat": np.where(np.arange(count) % 7 == 0, np.nan, np.arange(count) % 2),
            "attr_beard": (number % 3 == 0).astype(float),
        }
    )


def undetected(count):
    return np.arange(count) % 11 == 5


def store(layout, settings, name, subjects, images):
    """Store faces whose brightness tells gender, and whose noise tells the person."""
    index = make_index(subjects, images)
    missed = undetected(len(index))

    def faces():
        for row in range(len(index)):
            rng = np.random.default_rng(row // images)
            pixels = rng.integers(0, 60, (SIZE, SIZE, 3), np.uint8) + 120 * (index["gender"][row] == "male")
            yield Face(pixels.astype(np.uint8), not missed[row], False, (0.0, 0.0, 32.0, 32.0))

    kept = write_faces(layout.faces(name, GENERAL_CROP), index, faces(), SIZE, 3)
    chosen = settings.datasets[name]
    write_split(layout.split(name), make_split(kept.index, chosen.split, chosen.task, name))
    return kept


def write_arrays(layout, settings, name, kept):
    """Write embeddings and representations: gender, age and person in the first columns, noise behind."""
    general, index = settings.general, kept.index
    missed = ~index["detected"].to_numpy(bool)
    person = pd.factorize(index["subject"])[0]
    told = np.stack([(index["gender"] == "male").to_numpy(float), person / 10.0], 1)
    sizes = {
        layout.embeddings(name, key) / "shard-0.npy": value.embedding
        for key, value in general.encoders.items()
    }
    size = fused_sizes(general)[-1]
    sizes |= {layout.representations(name) / f"{key}.npy": size for key in representations(general)}
    for number, (path, width) in enumerate(sizes.items()):
        rng = np.random.default_rng(number)
        noise = rng.normal(0.0, 0.3, (len(settings.seeds), len(index), width)) + np.sin(
            np.outer(person, np.arange(width)) + person[:, None]
        )
        noise[:, :, :2] = told + rng.normal(0.0, 0.05, (len(settings.seeds), len(index), 2))
        noise[:, missed] = 0.0
        path.parent.mkdir(parents=True, exist_ok=True)
        values = noise.astype(np.float32)
        np.save(path, values[0] if "embeddings" in path.parts else values)
    write_json(layout.representations(name) / "record.json", {"made": "by hand"})


def write_model(path, labels, embedding, architecture, normalised, seed):
    """Write a network of random weights."""
    torch.manual_seed(seed)
    settings = {
        "architecture": architecture,
        "embedding": embedding,
        "width": 4 if architecture == "resnet" else 2,
        "head": {"hidden": 8, "outputs": labels.outputs, "dropout": 0.2} if labels else None,
        "normalised": normalised,
    }
    save_backbone(path, Backbone.build(settings, FaceInputs(SIZE), labels.header() if labels else {}))


def make_world(root):
    """Return settings and layout of a folder that has all that transfer reads."""
    settings, layout = general_settings(), Layout(root / "results")
    for name, subjects, images in (("studio", 24, 6), ("portraits", 4, 8)):
        write_arrays(layout, settings, name, store(layout, settings, name, subjects, images))
    index = FaceStore.load(layout.faces("studio", GENERAL_CROP)).index
    for name, encoder in settings.general.encoders.items():
        labels = LabelSet.from_rows(encoder.task, index)
        write_model(layout.encoder(name) / "model.safetensors", labels, encoder.embedding, "plain", False, 1)
    size = fused_sizes(settings.general)[-1]
    for seed in settings.seeds:
        write_model(layout.student("unique", seed) / "model.safetensors", None, size, "resnet", True, seed)
    for name in settings.general.targets:
        write_json(
            layout.selection(name) / "choice.json", {"bt": "gender", "bct": "gender", "p_cnn": "gender"}
        )
    return settings, layout


def fill(world, name, step, *methods):
    """Return the inputs, outputs and parameters of a task's job with one step, made by ``step``."""
    settings, layout = world
    task = find_task(settings.general, name)
    here = settings.model_copy(update={"results": str(layout.root)})
    return fill_task_job(here, name, step(settings.general, task, *methods))


def probed(world, name):
    """Solve a task by every frozen method; return predictions and record."""
    run_steps(*fill(world, name, probe_step), threads=1, code="code")
    return read(world[1], name, "frozen")


def finetuned(world, name, *methods):
    """Train a task's networks by some methods; return the predictions and record of each."""
    run_steps(*fill(world, name, finetune_step, methods), threads=1, code="code")
    return [read(world[1], name, method) for method in methods]


def searched(world, name):
    """Search the subsets of the encoders for a task; return the folder with the results."""
    run_steps(*fill(world, name, search_step), threads=1, code="code")
    return world[1].selection(name)


def read(layout, name, folder):
    """Return the predictions and record in one of a task's folders."""
    folder = layout.transfer(name, folder)
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return pd.read_parquet(folder / "predictions.parquet"), record
