"""Extraction by six encoders that share an input size: in one job, against a job for each.

Drawn faces stored in 192 x 192, encoders that take 48 x 48: each face is read, made float and
resized once for all six, or once for each. Of both, the faces read and the time, in turns on one thread.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from engram.config import Settings, load_settings
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.images.align import Face
from engram.data.images.store import write_faces
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.models.backbone_files import Backbone, save_backbone
from engram.models.inputs import FaceInputs
from engram.studies.general.encoders import extraction
from engram.studies.general.jobs.pipeline import extraction_job

__all__ = ["run"]

_ROOT = Path(__file__).parents[1]
_FACES, _SIZE, _TURNS, _DATASET = 640, 192, 5, "crowd"


def run() -> dict[str, float]:
    """Return faces per second and faces read, together and alone, and their ratios."""
    settings = load_settings(yaml.safe_load((_ROOT / "config/default.yaml").read_text(encoding="utf-8")))
    names = list(settings.general.encoders)
    jobs = {"together": [names], "alone": [[name] for name in names]}
    with tempfile.TemporaryDirectory() as name:
        layout = Layout(Path(name) / "results")
        _prepare(settings, layout, Path(name))
        read = {way: _count_read(groups, settings, layout) for way, groups in jobs.items()}
        seconds = {way: [] for way in jobs}
        for _ in range(_TURNS):
            for way, groups in jobs.items():
                started = time.perf_counter()
                _extract(groups, settings, layout)
                seconds[way].append(time.perf_counter() - started)
    speed = {way: _FACES / statistics.median(values) for way, values in seconds.items()}
    return {
        "encoders": len(names),
        **{f"{way}_faces_read": float(count) for way, count in read.items()},
        **{f"{way}_faces_per_second": value for way, value in speed.items()},
        "alone_over_together_faces_read": read["alone"] / read["together"],
        "together_over_alone_speed": speed["together"] / speed["alone"],
    }


def _prepare(settings: Settings, layout: Layout, folder: Path) -> None:
    """Store drawn faces, all as detected, and encoders of random weights."""
    draw_dataset(DrawnSpec("wild", _FACES // 5, _FACES, _SIZE, seed=5), folder / "drawn")
    images = np.load(folder / "drawn/images.npy", mmap_mode="r")
    manifest = pd.read_csv(folder / "drawn/manifest.csv")
    faces = (Face(np.array(image), True, False, (0.0, 0.0, 1.0, 1.0)) for image in images)
    write_faces(layout.faces(_DATASET, GENERAL_CROP), manifest, faces, _SIZE, 3)
    for name, chosen in settings.general.encoders.items():
        shape = {key: getattr(chosen, key) for key in ("architecture", "embedding", "width")}
        inputs = FaceInputs(chosen.size, chosen.colour)
        backbone = Backbone.build({**shape, "head": None, "normalised": False}, inputs, {})
        save_backbone(layout.encoder(name) / "model.safetensors", backbone)


def _extract(groups: Sequence[Sequence[str]], settings: Settings, layout: Layout) -> None:
    for names in groups:
        here = settings.model_copy(update={"results": str(layout.root)})
        job = extraction_job(here, "benchmark", list(names)).fill(dataset=_DATASET, shard=0)
        extraction.extract_embeddings(*job, threads=1, code="benchmark")


def _count_read(groups: Sequence[Sequence[str]], settings: Settings, layout: Layout) -> int:
    """Return how many faces are read; the first run also warms the caches."""
    counts = []
    resize = extraction.resize
    extraction.resize = lambda faces, size: counts.append(len(faces)) or resize(faces, size)
    try:
        _extract(groups, settings, layout)
    finally:
        extraction.resize = resize
    return sum(counts)
