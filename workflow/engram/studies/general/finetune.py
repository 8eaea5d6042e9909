"""Whole networks trained on a piece of knowledge: CNN, P-CNN and the fine-tuned students.

Section 3.5 and Table 3 of Vielzeuf et al. (2019). A network is trained for each seed and fold; what
is done is kept in the job's scratch folders, so that a killed job goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from engram.config import Settings
from engram.core.arrays import save_array
from engram.core.errors import CheckpointError
from engram.core.files import write_json
from engram.core.paths import Layout
from engram.core.reading import open_array, read_json
from engram.core.records import Record
from engram.studies.general.initialization import Start, start_file, start_network
from engram.studies.general.predictions import answers, cosine, pair_answers
from engram.studies.general.protocols import Fold, closed_set, folds, pairs_to_verify
from engram.studies.general.task_job import TransferJob
from engram.training.batches import ImageBatches, plain_batches
from engram.training.checkpoints import Checkpoint, State
from engram.training.labelled_faces import Part, Subset
from engram.training.loop import fit
from engram.training.tasks import LabelSet, SolvingTask

__all__ = ["transfer_trained"]


def transfer_trained(
    name: str, approaches: Sequence[str], settings: Settings, layout: Layout, *, threads: int, code: str
) -> None:
    """Train networks on knowledge ``name``; write each approach's predictions and record.

    ``cnn`` starts from random weights, ``p_cnn`` from the encoder that transfers best, and
    ``h_<kind>_tuned`` from a student; all parameters learn, validation chooses the epoch. For
    verification by pairs a network learns to tell the training persons, and the cosine of its
    embeddings is compared.

    Parameters
    ----------
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the records.

    Raises
    ------
    EngramError
        If faces, labels or models are missing or do not fit together, or a loss diverges.
    """
    job = TransferJob.open(name, settings, layout, threads)
    if job.item.protocol == "pairs":
        pairs = pairs_to_verify(job.item, job.index, job.split)
        solved = [closed_set(job.item, job.index, job.split, pairs)]
    else:
        pairs, solved = None, folds(job.item, job.index, job.split)
    checkpoints = []
    for approach in approaches:
        checkpoints += _Approach(job, approach, solved, pairs, code).solve()
    # Not before: where a job is killed, what its earlier approaches wrote is made anew.
    for checkpoint in checkpoints:
        checkpoint.remove()


class _Approach:
    """One approach with all its seeds and folds."""

    def __init__(
        self, job: TransferJob, approach: str, solved: list[Fold], pairs: pd.DataFrame | None, code: str
    ) -> None:
        self._job, self._approach, self._folds, self._pairs = job, approach, solved, pairs
        self._labels = [LabelSet.of(job.item.task, job.index.iloc[fold.training]) for fold in solved]
        self._starts = {
            seed: start_file(approach, job.item.name, seed, job.general, job.layout)
            for seed in job.settings.seeds
        }
        self._record = self._new_record(code)
        self._fingerprint = self._record.fingerprint()

    def _new_record(self, code: str) -> Record:
        general = self._job.general
        encoder = next(iter(self._starts.values()))[1]
        settings = {
            "student": general.student.model_dump(mode="json", include={"width", "size", "tuning"}),
            "head": general.head.model_dump(mode="json", include={"hidden", "dropout"}),
            "augment": general.augment.model_dump(mode="json"),
            "encoder": encoder,
        }
        files = sorted({file for file, _ in self._starts.values() if file is not None})
        return self._job.record(f"{self._job.item.name}/{self._approach}", settings, files, code)

    def solve(self) -> list[Checkpoint]:
        """Train what is not trained yet, write predictions and record; return what is left in scratch."""
        started = time.perf_counter()
        record, frames, checkpoints, seconds = self._record, [], [], 0.0
        for seed in self._job.settings.seeds:
            for fold, labels in zip(self._folds, self._labels, strict=True):
                checkpoint = self._checkpoint(seed, fold)
                outputs, told = self._outputs(seed, fold, labels, checkpoint)
                frames.append(self._frame(fold, labels, outputs).assign(seed=seed, approach=self._approach))
                where = {"seed": float(seed), "fold": float(fold.number)}
                record.history += [entry | where for entry in told["history"]]
                seconds += told["seconds"]
                checkpoints.append(checkpoint)
        record.timings = {"train": seconds, "predict": max(0.0, time.perf_counter() - started - seconds)}
        if self._job.device.team.leads:
            self._job.write(self._approach, frames, record)
        return checkpoints

    def _checkpoint(self, seed: int, fold: Fold) -> Checkpoint:
        job = self._job
        name = f"transfer/{job.item.name}/{self._approach}/fold-{fold.number}"
        seconds = job.settings.compute.checkpoint_seconds
        return Checkpoint(job.layout.scratch(name, seed), self._fingerprint, seconds, job.device.team)

    def _outputs(
        self, seed: int, fold: Fold, labels: LabelSet, checkpoint: Checkpoint
    ) -> tuple[np.ndarray, dict]:
        """Return a network's outputs for the test faces (of pairs: embeddings), and what it told.

        From the scratch folder, if this network was trained before the job was killed.
        """
        values, told = checkpoint.folder / "outputs.npy", checkpoint.folder / "told.json"
        job, team = self._job, self._job.device.team
        if team.told(not told.exists()):
            started = time.perf_counter()
            start = start_network(
                *self._starts[seed], job.general, labels.outputs, job.stream(seed, fold.number)
            )
            state = self._fit(start, seed, fold, labels, checkpoint)
            seconds = time.perf_counter() - started
            if team.leads:
                save_array(values, self._predict(start, fold, labels))
                write_json(told, {"history": state.history, "seconds": seconds})
                for weights in checkpoint.folder.glob("*.safetensors"):
                    weights.unlink()
            team.wait()
        return np.asarray(open_array(values, CheckpointError)), read_json(told, CheckpointError)

    def _fit(self, start: Start, seed: int, fold: Fold, labels: LabelSet, checkpoint: Checkpoint) -> State:
        job, recipe = self._job, self._job.general.student.tuning
        stream, team = job.stream(seed, fold.number), job.device.team
        training, validation = (self._subset(labels, rows) for rows in (fold.training, fold.validation))
        title = f"{job.item.name} {self._approach} (seed {seed}, fold {fold.number})"
        return fit(
            SolvingTask(job.device.place(start.network), labels),
            ImageBatches(training, recipe.batch_size, job.general.augment, stream, start.inputs, team),
            lambda: plain_batches(validation, start.inputs, team),
            recipe,
            device=job.device,
            seed=stream,
            checkpoint=checkpoint,
            title=title,
        )

    def _subset(self, labels: LabelSet, rows: np.ndarray) -> Subset:
        targets = labels.targets(self._job.index.iloc[rows])
        return Subset([Part(self._job.store.faces, rows, targets)])

    def _predict(self, start: Start, fold: Fold, labels: LabelSet) -> np.ndarray:
        network = start.network.eval()
        says, width = (network, labels.outputs) if self._pairs is None else (network.embed, start.embedding)
        return self._job.filled(fold.test, width, partial(self._job.run, says, start.inputs))

    def _frame(self, fold: Fold, labels: LabelSet, outputs: np.ndarray) -> pd.DataFrame:
        job = self._job
        if self._pairs is None:
            return answers(labels, job.index, fold.test, outputs).assign(fold=fold.number)
        first, other = (
            outputs[np.searchsorted(fold.test, self._pairs[name].to_numpy())]
            for name in ("first_row", "other_row")
        )
        return pair_answers(self._pairs, job.detected, cosine(first, other))
