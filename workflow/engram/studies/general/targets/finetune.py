"""Whole networks trained on a task: CNN, P-CNN and the fine-tuned students.

Section 3.5 and Table 3 of Vielzeuf et al. (2019). A network is trained for each seed and fold; what
is done is kept in the job's scratch folders, so that a killed job goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from engram.core.arrays import save_array, sized
from engram.core.errors import CheckpointError
from engram.core.files import write_json
from engram.core.reading import open_array, read_json
from engram.core.records import Record
from engram.studies.general.jobs.task_steps import FinetuneStep
from engram.studies.general.targets.initialization import (
    Initialization,
    Origin,
    find_origins,
    initialize,
    train_head,
)
from engram.studies.general.targets.predictions import cosine, face_predictions, pair_predictions
from engram.studies.general.targets.protocols import Fold, closed_set, folds, pairs_to_verify
from engram.studies.general.targets.task_job import TaskJob, write_solved
from engram.training.batches import ImageBatches, plain_batches
from engram.training.checkpoints import Checkpoint, State
from engram.training.distributed import barrier, is_main
from engram.training.labelled_faces import Part, Subset
from engram.training.loop import fit
from engram.training.tasks import LabelSet, SolvingTask

__all__ = ["finetune"]


def finetune(job: TaskJob, step: FinetuneStep, code: str) -> None:
    """Train networks on a task; write the predictions and the record of each method.

    ``cnn`` starts from random weights, ``p_cnn`` from the encoder that transfers best, and
    ``h_<kind>_tuned`` from a student. Of the latter two the head alone is trained first, then all
    parameters; validation chooses the epoch, of which the head alone is the first. For
    verification by pairs a network learns to tell the training subjects apart, and the cosine of its
    embeddings is compared.

    Raises
    ------
    EngramError
        If faces, labels or models are missing or do not fit together, or a loss diverges.
    """
    if job.task.protocol == "pairs":
        pairs = pairs_to_verify(job.task, job.index, job.split)
        solved = [closed_set(job.task, job.learning.index, job.learning.split, pairs)]
    else:
        pairs, solved = None, folds(job.task, job.index, job.split)
    checkpoints = []
    for place, method in enumerate(step.methods):
        origins = find_origins(job, step, method, [fold.number for fold in solved])
        files = job.outputs.finetune[2 * place : 2 * place + 2]
        checkpoints += _Networks(job, step, method, origins, solved, pairs, code).solve(files)
    # Not before: if a job is killed, Snakemake removes what its earlier methods wrote.
    for checkpoint in checkpoints:
        checkpoint.remove()


class _Networks:
    """The networks of one method, for all seeds and folds."""

    def __init__(
        self,
        job: TaskJob,
        step: FinetuneStep,
        method: str,
        origins: dict[tuple[int, int], Origin],
        solved: list[Fold],
        pairs: pd.DataFrame | None,
        code: str,
    ) -> None:
        self._job, self._step, self._method, self._origins = job, step, method, origins
        self._folds, self._pairs = solved, pairs
        index = job.learning.index
        self._labels = [LabelSet.from_rows(job.task.task, index.iloc[fold.training]) for fold in solved]
        self._record = self._new_record(code)
        self._fingerprint = self._record.fingerprint()

    def _new_record(self, code: str) -> Record:
        step = self._step
        settings = {
            "student": {
                "width": step.width,
                "size": step.size,
                "tuning": step.recipe.model_dump(mode="json"),
            },
            "head": {
                "hidden": step.hidden,
                "dropout": step.dropout,
                "training": step.head_training.model_dump(mode="json"),
            },
            "augment": step.augment.model_dump(mode="json"),
            "encoder": self._encoders(),
        }
        files = sorted({origin.file for origin in self._origins.values() if origin.file is not None})
        return self._job.record(f"{self._job.task.name}/{self._method}", settings, files, code)

    def _encoders(self) -> str | dict[str, str | None] | None:
        """Return the encoder that the networks start from; by fold, where one subject is left out."""
        by_fold = {str(fold): origin.encoder for (_, fold), origin in self._origins.items()}
        nested = self._job.task.protocol == "leave_one_out" and None not in by_fold.values()
        return by_fold if nested else next(iter(by_fold.values()))

    def solve(self, files: list[str]) -> list[Checkpoint]:
        """Train what is not trained yet, write predictions and record; return what is left in scratch."""
        started = time.perf_counter()
        record, frames, checkpoints, seconds = self._record, [], [], 0.0
        for seed in self._job.params.seeds:
            for fold, labels in zip(self._folds, self._labels, strict=True):
                checkpoint = self._checkpoint(seed, fold)
                outputs, kept = self._outputs(seed, fold, labels, checkpoint)
                frames.append(self._frame(fold, labels, outputs).assign(seed=seed, method=self._method))
                where = {"seed": float(seed), "fold": float(fold.number)}
                record.history += [entry | where for entry in kept["history"]]
                seconds += kept["seconds"]
                checkpoints.append(checkpoint)
        record.timings = {"train": seconds, "predict": max(0.0, time.perf_counter() - started - seconds)}
        if is_main():
            write_solved(files, frames, record)
        return checkpoints

    def _checkpoint(self, seed: int, fold: Fold) -> Checkpoint:
        job = self._job
        name = f"transfer__{job.task.name}__{self._method}__fold-{fold.number}"
        scratch = Path(job.params.results) / "scratch" / f"seed{seed}" / name
        return Checkpoint(scratch, self._fingerprint, job.params.compute.checkpoint_seconds)

    def _outputs(
        self, seed: int, fold: Fold, labels: LabelSet, checkpoint: Checkpoint
    ) -> tuple[np.ndarray, dict]:
        """Return a network's outputs for the test faces (of pairs: embeddings), and its history and seconds.

        From the scratch folder, if this network was trained before the job was killed.
        """
        values, kept = checkpoint.folder / "outputs.npy", checkpoint.folder / "kept.json"
        job = self._job
        if not kept.exists():
            started = time.perf_counter()
            origin = self._origins[seed, fold.number]
            start = initialize(origin, self._step, labels.outputs, job.stream(seed, fold.number))
            state = self._fit(start, seed, fold, labels, checkpoint)
            seconds = time.perf_counter() - started
            if is_main():
                save_array(values, self._predict(start, fold, labels))
                write_json(kept, {"history": state.history, "seconds": seconds})
                for weights in checkpoint.folder.glob("*.safetensors"):
                    weights.unlink()
            barrier()
        return np.asarray(open_array(values, CheckpointError)), read_json(kept, CheckpointError)

    def _fit(
        self, start: Initialization, seed: int, fold: Fold, labels: LabelSet, checkpoint: Checkpoint
    ) -> State:
        job, step, recipe = self._job, self._step, self._step.recipe
        stream = job.stream(seed, fold.number)
        training, validation = (
            self._subset(labels, rows, start) for rows in (fold.training, fold.validation)
        )
        title = f"{job.task.name} {self._method} (seed {seed}, fold {fold.number})"
        network, knows = job.device.place(start.network), step.methods[self._method] != "nothing"
        probed = knows and recipe.head == "probe"
        if probed:
            train_head(job.learning, step, start, labels, fold, stream)
        return fit(
            SolvingTask(network, labels, recipe.body_rate if knows else 1.0),
            ImageBatches(training, recipe.batch_size, step.augment, stream, start.inputs),
            lambda: plain_batches(validation, start.inputs),
            recipe,
            device=job.device,
            seed=stream,
            checkpoint=checkpoint,
            title=title,
            from_start=probed,
        )

    def _subset(self, labels: LabelSet, rows: np.ndarray, start: Initialization) -> Subset:
        known = self._job.learning
        faces = sized(known.faces(start.encoder), start.inputs.size)
        return Subset([Part(faces, rows, labels.targets(known.index.iloc[rows]))])

    def _predict(self, start: Initialization, fold: Fold, labels: LabelSet) -> np.ndarray:
        network = start.network.eval()
        forward: Callable[[Tensor], Tensor] = network
        width = labels.outputs
        if self._pairs is not None:
            forward, width = (network.embed, start.embedding)
        outputs = partial(self._job.run, forward, start.inputs, stored=self._job.faces(start.encoder))
        return self._job.filled(fold.test, width, outputs)

    def _frame(self, fold: Fold, labels: LabelSet, outputs: np.ndarray) -> pd.DataFrame:
        job = self._job
        if self._pairs is None:
            return face_predictions(labels, job.index, fold.test, outputs).assign(fold=fold.number)
        first, other = (
            outputs[np.searchsorted(fold.test, self._pairs[name].to_numpy())]
            for name in ("first_row", "other_row")
        )
        return pair_predictions(self._pairs, job.detected, cosine(first, other))
