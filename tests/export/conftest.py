"""A finished general study as far as its students: drawn faces, two students of random weights."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from engram.config import Settings
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import Record, write_record
from engram.data.images.prepare import prepare_faces
from engram.data.images.store import FaceStore
from engram.data.manifest import read_manifest
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.export.jobs import export_spec
from engram.export.student import export_student
from engram.models.backbone_files import Backbone, save_backbone
from engram.models.inputs import FaceInputs
from engram.studies.general.operators import fused_sizes
from engram.studies.general.task_plan import general_tasks

#: Validation scores of the seeds' students: the second is the better.
SCORES = {1: 0.7, 2: 0.9}


@dataclass(frozen=True)
class World:
    """A run, and the images that its faces came from."""

    settings: Settings
    layout: Layout
    images: Path
    """Folder of PNG files, 00.png ..., one a row of the stored faces."""
    store: FaceStore

    def student(self, seed: int) -> Path:
        """Return a student's file."""
        return self.layout.student("unique", seed) / "model.safetensors"


def write_student(world: World, seed: int) -> None:
    """Write a student of random weights, and a record of its training."""
    general = world.settings.general
    torch.manual_seed(seed)
    settings = {
        "architecture": "resnet",
        "embedding": fused_sizes(general)[-1],
        "width": general.student.width,
        "head": None,
        "normalised": True,
    }
    backbone = Backbone.build(settings, FaceInputs(general.student.size), {})
    save_backbone(world.student(seed), backbone)
    record = Record(
        kind="student",
        name="unique",
        seed=seed,
        settings={},
        code="0",
        data=dict.fromkeys(general.unsupervised, "faces"),
        environment={"torch": "2", "precision": "fp32", "python": "3.11"},
        metrics={
            "training_faces": 100.0,
            "validation_faces": 20.0,
            "best_epoch": 2.0,
            "best_validation_score": SCORES[seed],
            **{f"rmse/{name}": 0.5 for name in general.encoders},
        },
    )
    write_record(world.student(seed).with_name("record.json"), record)


def store_faces(settings: Settings, layout: Layout, folder: Path) -> FaceStore:
    """Draw faces, store them as those of the first target, and write each image to ``folder``."""
    name = next(iter(settings.general.targets.values())).dataset
    raw = layout.drawn(name)
    draw_dataset(DrawnSpec("wild", subjects=6, images=12, size=64, seed=3), raw)
    pd.read_csv(raw / "manifest.csv").to_parquet(layout.manifest(name).with_suffix(".tmp"))
    manifest = read_manifest(layout.manifest(name).with_suffix(".tmp"))
    prepare_faces(manifest, raw, settings.general.faces, True, layout.faces(name, GENERAL_CROP), False)
    folder.mkdir()
    for row, pixels in enumerate(np.load(raw / "images.npy", allow_pickle=False)):
        Image.fromarray(pixels).save(folder / f"{row:02d}.png")
    return FaceStore.load(layout.faces(name, GENERAL_CROP))


def write_transfers(world: World) -> None:
    """Write a table of transfers in which every target has the same values."""
    items = [item for item in general_tasks(world.settings.general) if item.role == "target"]
    rows = [
        {"task": item.name, "method": method, "n": 50, "value": value, "low": 1.0, "high": 99.0}
        for item in items
        for method, value in (("cnn", 5.0), ("h_unique", 61.234), ("h_unique_tuned", 72.345))
    ]
    world.layout.tables.mkdir()
    pd.DataFrame(rows).to_csv(world.layout.tables / "general_transfer.csv", index=False)


def export(world: World) -> Path:
    """Export the student of a run and return the folder."""
    inputs, outputs, params = export_spec(world.settings).fill()
    export_student(inputs, outputs, params, threads=1, code="0")
    return world.layout.export


@pytest.fixture(scope="session")
def world(smoke_settings, tmp_path_factory) -> World:
    """The run; nothing may be changed in it."""
    torch.set_num_threads(1)
    place = tmp_path_factory.mktemp("export")
    settings = smoke_settings.model_copy(update={"results": str(place / "results")})
    layout = Layout.from_settings(settings)
    layout.data("city").mkdir(parents=True)
    store = store_faces(settings, layout, place / "images")
    made = World(settings, layout, place / "images", store)
    for seed in settings.seeds:
        write_student(made, seed)
    (unsupervised,) = settings.general.unsupervised
    found = Record(
        kind="faces",
        name=unsupervised,
        settings={},
        code="0",
        environment={},
        metrics={"images": 120.0, "detected": 118.0},
    )
    write_record(layout.faces_record(unsupervised, GENERAL_CROP), found)
    write_transfers(made)
    return made


@pytest.fixture(scope="session")
def exported(world) -> Path:
    """The folder of the exported student; nothing may be changed in it."""
    return export(world)


@pytest.fixture
def own_copy(world, tmp_path) -> World:
    """A copy of the run, not yet exported, that a test may change."""
    shutil.copytree(world.layout.root, tmp_path / "results", ignore=shutil.ignore_patterns("export"))
    settings = world.settings.model_copy(update={"results": str(tmp_path / "results")})
    return World(settings, Layout.from_settings(settings), world.images, world.store)
