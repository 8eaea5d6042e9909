"""Represent a data set's faces: every frozen embedding that heads are trained on (section 3.5)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from engram.config import Settings
from engram.core.errors import EmbeddingError
from engram.core.files import file_hash
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import Record, write_record
from engram.data.images.store import FaceStore
from engram.models.backbone_files import load_backbone
from engram.models.fusion_operators import load_operator
from engram.studies.general.inputs import source_embeddings
from engram.studies.general.plan import representations
from engram.studies.general.representation_store import representation_file, write_array
from engram.training.device import Device, choose_device
from engram.training.workload import FORWARD_BATCH

__all__ = ["represent_faces", "represented_by"]

#: Faces whose embeddings an operator fuses at once.
_BLOCK = 1024


def represented_by(name: str, seed: int, settings: Settings, layout: Layout) -> Path:
    """Return the file of the operator or student that gives representation ``name`` of a seed."""
    if name in _students(settings):
        return layout.student(name.removeprefix("h_"), seed) / "model.safetensors"
    return layout.fusion({"h_g": "ae"}.get(name, name), seed) / "model.safetensors"


def represent_faces(dataset: str, settings: Settings, layout: Layout, *, threads: int, code: str) -> None:
    """Write every representation of every face of ``dataset``, and a record.

    Faces and embeddings are read block by block and written as they come: memory does not grow
    with their number. All students of all seeds see a face when it is read.

    Raises
    ------
    EmbeddingError
        If a value is not finite, naming representation and image, or a file cannot be written.
    """
    started = time.perf_counter()
    job = _Job(
        dataset,
        settings,
        layout,
        FaceStore.open(layout.faces(dataset, GENERAL_CROP)),
        choose_device(settings.compute, threads),
    )
    names = representations(settings.general)
    makers = [job.maker(name, seed) for name, seed in product(names, settings.seeds)]
    students = _students(settings)
    for name in names:
        if name not in students:
            _fuse(job, name)
    _look(job, students)
    write_record(
        layout.representations(dataset) / "record.json",
        Record(
            kind="representations",
            name=dataset,
            settings={"representations": names, "seeds": settings.seeds},
            code=code,
            data={dataset: job.store.hash},
            inputs={path.relative_to(layout.root).as_posix(): file_hash(path) for path in makers},
            environment=job.device.environment(),
            timings={"represent": time.perf_counter() - started},
            metrics={"faces": float(len(job.detected)), "detected": float(job.detected.sum())},
        ),
    )


def _students(settings: Settings) -> list[str]:
    return [f"h_{kind}" for kind in settings.general.students]


@dataclass(frozen=True)
class _Job:
    dataset: str
    settings: Settings
    layout: Layout
    store: FaceStore
    device: Device

    @property
    def detected(self) -> np.ndarray:
        return self.store.detected

    @property
    def encoders(self) -> dict[str, int]:
        return {name: chosen.embedding for name, chosen in self.settings.general.encoders.items()}

    def maker(self, name: str, seed: int) -> Path:
        return represented_by(name, seed, self.settings, self.layout)

    def file(self, name: str) -> Path:
        return representation_file(self.layout, self.dataset, name)

    def blocks(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the first row of each block of ``size`` rows, and which of its faces were detected.

        A block without any is left out: an array is zero where nothing is written.
        """
        detected = self.detected
        for start in range(0, len(detected), size):
            if detected[start : start + size].any():
                yield start, detected[start : start + size]

    def filled(self, values: np.ndarray, found: np.ndarray, start: int, name: str, seed: int) -> np.ndarray:
        """Return the rows of a block: ``values`` (B, d) where a face was found, zeros elsewhere."""
        finite = np.isfinite(values).all(axis=1)
        if not finite.all():
            row = start + np.flatnonzero(found)[int(finite.argmin())]
            raise EmbeddingError(
                f"{self.dataset}: representation '{name}' (seed {seed}) of image "
                f"'{self.store.index['image'].iloc[row]}' is not finite. Delete "
                f"{self.maker(name, seed).parent} and run snakemake again, with a lower learning_rate."
            )
        block = np.zeros((len(found), values.shape[1]), np.float32)
        block[found] = values
        return block


def _fuse(job: _Job, name: str) -> None:
    """Write what an operator makes of the source embeddings, seed after seed."""
    embeddings = source_embeddings(job.layout, job.settings, job.dataset, job.store)
    operators = [load_operator(job.maker(name, seed), job.encoders) for seed in job.settings.seeds]
    for operator in operators:
        job.device.place(operator.module)
    shape = (len(operators), len(job.detected), operators[0].size)
    with write_array(job.file(name), shape) as writer:
        for number, (seed, operator) in enumerate(zip(job.settings.seeds, operators, strict=True)):
            for start, found in job.blocks(_BLOCK):
                values = operator.encode(embeddings.rows(start + np.flatnonzero(found)))
                writer.write(job.filled(values, found, start, name, seed), number, start)


def _look(job: _Job, names: list[str]) -> None:
    """Write what the students of all seeds see in the faces, reading each face once."""
    runs = [(name, number, seed) for name in names for number, seed in enumerate(job.settings.seeds)]
    loaded = [load_backbone(job.maker(name, seed)) for name, _, seed in runs]
    for backbone in loaded:
        job.device.place(backbone.network)
    faces = np.asarray(job.store.faces)
    with ExitStack() as stack, torch.inference_mode():
        writers = {}
        for (name, _, _), backbone in zip(runs, loaded, strict=True):
            if name not in writers:
                shape = (len(job.settings.seeds), len(faces), backbone.settings["embedding"])
                writers[name] = stack.enter_context(write_array(job.file(name), shape))
        blocks = tqdm(list(job.blocks(FORWARD_BATCH)), desc=f"represent {job.dataset}", unit="block")
        for start, found in blocks:
            pixels = faces[start + np.flatnonzero(found)]
            seen = {inputs: job.device.send(inputs(pixels)) for inputs in {one.inputs for one in loaded}}
            for (name, number, seed), backbone in zip(runs, loaded, strict=True):
                with job.device.autocast():
                    values = backbone.network.embed(seen[backbone.inputs]).float().cpu().numpy()
                writers[name].write(job.filled(values, found, start, name, seed), number, start)
