"""Prepare a data set's faces and leave a record of what was found."""

from __future__ import annotations

import time
from pathlib import Path

from engram.config import Settings
from engram.core.paths import Layout
from engram.core.records import Record, environment, write_record
from engram.data.images.prepare import prepare_faces
from engram.data.images.store import FaceStore
from engram.data.manifest import read_manifest
from engram.studies.lineage.trials import crop_settings

__all__ = ["prepare_dataset"]


def prepare_dataset(
    name: str, crop: str, folder: Path, settings: Settings, layout: Layout, *, code: str
) -> None:
    """Detect, align and store the faces of data set ``name``, whose images lie below ``folder``.

    ``crop`` is one of `engram.core.paths.CROPS`: the study whose faces these are.
    """
    started = time.perf_counter()
    detect = settings.datasets[name].detect
    manifest = read_manifest(layout.manifest(name))
    chosen = crop_settings(settings)[crop]
    target = layout.faces(name, crop)
    counts = prepare_faces(manifest, folder, chosen, detect, target)
    record = Record(
        kind="faces",
        name=name,
        settings={"faces": chosen.model_dump(mode="json"), "detect": detect},
        code=code,
        data={name: FaceStore.open(target).hash},
        environment=environment("opencv-python-headless", "pillow", "numpy"),
        timings={"prepare": time.perf_counter() - started},
        metrics=counts,
    )
    write_record(layout.faces_record(name, crop), record)
