"""What a job that solves a task reads and writes, the same for every step and method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from engram.core.arrays import Faces, sized
from engram.core.files import atomic_path, file_hash
from engram.core.paths import GENERAL_CROP
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.data.images.store import FaceStore
from engram.data.splitting import Split, read_split
from engram.models.inputs import FaceInputs
from engram.runtime.job_spec import JobFiles, NamedFiles
from engram.studies.general.encoders.embeddings import Embeddings
from engram.studies.general.jobs.pipeline_params import EncoderUse
from engram.studies.general.jobs.task_steps import ProbeStep, SearchStep, TaskParams
from engram.studies.general.targets.protocols import what_is_left_out
from engram.studies.general.task_plan import Task
from engram.training.batches import plain_batches
from engram.training.device import Device, choose_device
from engram.training.labelled_faces import Part, Subset

__all__ = ["TaskJob", "write_predictions", "write_solved"]


@dataclass(frozen=True)
class TaskJob:
    """A task with its data set's faces and split, and the files of the job that solves it."""

    params: TaskParams
    inputs: NamedFiles
    outputs: NamedFiles
    device: Device
    store: FaceStore
    split: Split
    other: TaskJob | None = None
    """The same job on the data set that the task learns on, where that is another."""

    @classmethod
    def load(cls, inputs: NamedFiles, outputs: NamedFiles, params: TaskParams, threads: int) -> TaskJob:
        """Open what every step reads, and choose device and number format."""
        device = choose_device(params.compute, threads)
        store = FaceStore.load(Path(inputs.faces[0]).parent)
        split = read_split(Path(inputs.split), len(store.faces))
        if params.task.trained_on is None:
            return cls(params, inputs, outputs, device, store, split)
        known = FaceStore.load(Path(inputs.learnt_faces[0]).parent)
        files = JobFiles(
            embeddings=inputs.learnt_embeddings,
            representations=inputs.learnt_representations,
            crops=inputs.learnt_crops,
            **{
                name: getattr(inputs, name)
                for name in ("represented", "own", "students", "encoders", "choice")
            },
        )
        subsets = read_split(Path(inputs.learnt_split), len(known.faces))
        other = cls(params, files, outputs, device, known, subsets)
        return cls(params, inputs, outputs, device, store, split, other)

    @property
    def learning(self) -> TaskJob:
        """The job on the data set that is learnt on: itself, but for verification that learns elsewhere."""
        return self.other or self

    def left_out(self) -> list[str]:
        """Return what of the task cannot be tested; see `what_is_left_out`."""
        learnt = None if self.other is None else (self.other.index, self.other.split)
        return what_is_left_out(self.task, self.index, self.split, learnt)

    @property
    def task(self) -> Task:
        """The task."""
        return self.params.task

    @property
    def index(self) -> pd.DataFrame:
        """The data set's index, a row a face."""
        return self.store.index

    @property
    def detected(self) -> np.ndarray:
        """(N,) whether each face was detected."""
        return self.store.detected

    def stream(self, seed: int, fold: int) -> int:
        """Return the seed of what is random in a fold; the same for all methods, to compare them."""
        return derive_seed(seed, "transfer", self.task.name, fold)

    def embeddings(self, step: ProbeStep | SearchStep) -> Embeddings:
        """Open the stored embeddings that a step reads.

        Raises
        ------
        EmbeddingError
            If a shard is missing or does not fit the step's parameters.
        """
        return Embeddings.load(self.inputs.embeddings, step.encoders, step.dtype)

    def filled(self, rows: np.ndarray, width: int, outputs: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return (B, width) float32: what ``outputs`` gives for the detected of ``rows`` (B,), else zeros."""
        found = self.detected[rows]
        values = np.zeros((len(rows), width), np.float32)
        if found.any():
            values[found] = outputs(rows[found])
        return values

    def faces(self, encoder: EncoderUse | None = None) -> Faces:
        """Return the stored faces, uint8 (N, H, W, 3): the study's, or those cut out for an encoder."""
        if encoder is None or encoder.stored == GENERAL_CROP:
            return self.store.faces
        folder = next(Path(path).parent for path in self.inputs.crops if encoder.stored in Path(path).parts)
        return FaceStore.load(folder).faces

    def run(
        self,
        network: Callable[[Tensor], Tensor],
        inputs: FaceInputs,
        rows: np.ndarray,
        stored: Faces | None = None,
    ) -> np.ndarray:
        """Return what a network gives for faces; (B, O) float32.

        Parameters
        ----------
        rows
            The faces, (B,), at least one.
        stored
            The faces that it is given, uint8 (N, H, W, 3); by default the study's.
        """
        stored = sized(self.store.faces if stored is None else stored, inputs.size)
        faces = Subset([Part(stored, rows, np.zeros(len(rows), np.int64))])
        with torch.inference_mode(), self.device.autocast():
            parts = [
                network(self.device.send(images)).float().cpu() for images, _ in plain_batches(faces, inputs)
            ]
        return torch.cat(parts).numpy()

    def record(
        self,
        name: str,
        settings: dict[str, Any],
        inputs: Sequence[str | Path],
        code: str,
        kind: str = "transfer",
    ) -> Record:
        """Return the record of what a job does, still without timings and metrics.

        Parameters
        ----------
        name
            The task's name, with that of the method where the job is about one.
        settings
            The settings that it depends on besides task and seeds.
        inputs
            Other files that it reads.
        """
        task = self.task
        return Record(
            kind=kind,
            name=name,
            settings={
                "dataset": task.dataset,
                "task": task.task,
                "protocol": task.protocol,
                "pairs": task.pairs if task.protocol == "pairs" else None,
                **({"trained_on": task.trained_on} if task.trained_on else {}),
                **({"trained_faces": task.trained_faces} if task.trained_faces else {}),
                "seeds": self.params.seeds,
                **settings,
            },
            code=code,
            data={task.dataset: self.store.hash, task.learnt_on: self.learning.store.hash},
            splits={task.dataset: self.split.hash, task.learnt_on: self.learning.split.hash},
            inputs={self._name_of(path): file_hash(path) for path in map(Path, inputs)},
            environment=self.device.environment(),
        )

    def _name_of(self, path: Path) -> str:
        results = Path(self.params.results)
        return path.relative_to(results).as_posix() if path.is_relative_to(results) else path.name


def write_solved(files: Sequence[str | Path], frames: list[pd.DataFrame], record: Record) -> None:
    """Write ``predictions.parquet`` and ``record.json``, the given files."""
    predicted, recorded = files
    predictions = write_predictions(predicted, frames)
    units = predictions[["fold", "row"]].drop_duplicates()
    record.metrics |= {
        "units": float(len(units)),
        "folds": float(units["fold"].nunique()),
        "undetected": float((~predictions["detected"]).sum() / len(predictions)),
    }
    write_record(recorded, record)


def write_predictions(path: str | Path, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Write predictions, what all tasks have first, then what a task adds; return them."""
    predictions = pd.concat(frames, ignore_index=True)
    leading = ["method", "seed", "row", "subject", "detected", "fold"]
    predictions = predictions[leading + [name for name in predictions if name not in leading]]
    with atomic_path(path) as temporary:
        predictions.to_parquet(temporary, index=False)
    return predictions
