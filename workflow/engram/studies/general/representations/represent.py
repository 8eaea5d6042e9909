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

from engram.core.arrays import sized
from engram.core.errors import EmbeddingError
from engram.core.records import Record, input_hashes, write_record
from engram.data.images.store import FaceStore
from engram.models.backbone_files import load_backbone
from engram.models.fusion_operators import load_operator
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.encoders.embeddings import Embeddings
from engram.studies.general.encoders.inputs import load_embeddings, load_store
from engram.studies.general.jobs.pipeline_params import RepresentParams
from engram.studies.general.representations.representation_store import write_array
from engram.training.device import Device, choose_device
from engram.training.feeding import read_ahead
from engram.training.workload import FORWARD_BATCH, OPERATOR_BATCH

__all__ = ["represent_faces"]


def represent_faces(
    inputs: NamedFiles, outputs: NamedFiles, params: RepresentParams, *, threads: int, code: str
) -> None:
    """Write every representation of every face of a data set, and a record.

    Faces and embeddings are read block by block and written as they come: memory does not grow
    with their number. A face is read once for all students of all seeds.

    Parameters
    ----------
    inputs
        ``faces`` and ``embeddings`` of the data set, and ``models``: for each representation one a seed.
    outputs
        ``arrays``, one a representation, and ``record``.
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EmbeddingError
        If a value is not finite, naming representation and image, or a file cannot be written.
    """
    started = time.perf_counter()
    job = _RepresentJob.load(inputs, outputs, params, choose_device(params.compute, threads))
    for name in params.representations:
        if name not in params.students:
            _encode(job, name)
    _embed(job, params.students)
    write_record(
        outputs.record,
        Record(
            kind="representations",
            name=params.dataset,
            settings={"representations": params.representations, "seeds": params.seeds},
            code=code,
            data={params.dataset: job.store.hash},
            inputs=input_hashes(inputs.models, params.results),
            environment=job.device.environment(),
            timings={"represent": time.perf_counter() - started},
            metrics={"faces": float(len(job.detected)), "detected": float(job.detected.sum())},
        ),
    )


@dataclass(frozen=True)
class _RepresentJob:
    params: RepresentParams
    device: Device
    store: FaceStore
    embeddings: Embeddings
    models: dict[tuple[str, int], Path]
    """Representation and seed -> the model that makes it."""
    arrays: dict[str, Path]
    """Representation -> the array that is written."""

    @classmethod
    def load(
        cls, inputs: NamedFiles, outputs: NamedFiles, params: RepresentParams, device: Device
    ) -> _RepresentJob:
        store = load_store(inputs.faces)
        embeddings = load_embeddings(inputs.embeddings, params.encoders, params.dtype, store)
        runs = product(params.representations, params.seeds)
        models = dict(zip(runs, map(Path, inputs.models), strict=True))
        arrays = dict(zip(params.representations, map(Path, outputs.arrays), strict=True))
        return cls(params, device, store, embeddings, models, arrays)

    @property
    def detected(self) -> np.ndarray:
        return self.store.detected

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
                f"{self.params.dataset}: representation '{name}' (seed {seed}) of image "
                f"'{self.store.index['image'].iloc[row]}' is not finite. Delete "
                f"{self.models[name, seed].parent} and run snakemake again, with a lower learning_rate."
            )
        block = np.zeros((len(found), values.shape[1]), np.float32)
        block[found] = values
        return block


def _encode(job: _RepresentJob, name: str) -> None:
    """Write an operator's code of the source embeddings, seed after seed."""
    seeds = job.params.seeds
    operators = [load_operator(job.models[name, seed], job.params.encoders) for seed in seeds]
    for operator in operators:
        job.device.place(operator.module)
    shape = (len(operators), len(job.detected), operators[0].size)
    with write_array(job.arrays[name], shape) as writer:
        for number, (seed, operator) in enumerate(zip(seeds, operators, strict=True)):
            for start, found in job.blocks(OPERATOR_BATCH):
                values = operator.encode(job.embeddings.rows(start + np.flatnonzero(found)))
                writer.write(job.filled(values, found, start, name, seed), number, start)


def _embed(job: _RepresentJob, names: list[str]) -> None:
    """Write the embeddings of the students of all seeds, reading each face once."""
    seeds = job.params.seeds
    runs = [(name, number, seed) for name in names for number, seed in enumerate(seeds)]
    loaded = [load_backbone(job.models[name, seed]) for name, _, seed in runs]
    for backbone in loaded:
        job.device.place(backbone.network)
    faces = sized(job.store.faces, max(one.inputs.size for one in loaded)) if loaded else job.store.faces
    with ExitStack() as stack, torch.inference_mode():
        writers = {}
        for (name, _, _), backbone in zip(runs, loaded, strict=True):
            if name not in writers:
                shape = (len(seeds), len(faces), backbone.settings["embedding"])
                writers[name] = stack.enter_context(write_array(job.arrays[name], shape))
        blocks = list(job.blocks(FORWARD_BATCH))
        reads = read_ahead(faces, (start + np.flatnonzero(found) for start, found in blocks))
        for start, found in tqdm(blocks, desc=f"represent {job.params.dataset}", unit="block"):
            pixels = next(reads)
            given = {inputs: job.device.send(inputs(pixels)) for inputs in {one.inputs for one in loaded}}
            for (name, number, seed), backbone in zip(runs, loaded, strict=True):
                with job.device.autocast():
                    values = backbone.network.embed(given[backbone.inputs]).float().cpu().numpy()
                writers[name].write(job.filled(values, found, start, name, seed), number, start)
