"""Subsets of the encoders for a task of single faces: heads, kernels and statistics on their embeddings."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from engram.core.seeds import derive_seed
from engram.studies.general.jobs.task_steps import SearchStep
from engram.studies.general.predictions import face_predictions
from engram.studies.general.protocols import Fold, folds
from engram.studies.general.selection.candidates import Labelled, Subset, Trained
from engram.studies.general.selection.rows import Rows, kernel_scores, train_networks
from engram.studies.general.task_job import TaskJob
from engram.training.heads import Head, standardiser, train_heads
from engram.training.tasks import LabelSet

__all__ = ["FaceCandidates"]

#: One in so many subjects validates the choice where one subject is left out for the result.
_VALIDATING = 5


class FaceCandidates:
    """Subsets of the encoders for a task that heads solve.

    Under ``leave_one_out`` a fifth of the subjects validates the choice, drawn by the task's name, and
    heads on the chosen subsets are then trained anew for each subject that is left out.
    """

    def __init__(self, job: TaskJob, step: SearchStep, subsets: Sequence[Subset]) -> None:
        self._job, self._head, self.subsets = job, step.head, subsets
        self._folds = folds(job.task, job.index, job.split)
        fold = _choosing_fold(job, self._folds)
        self._test = fold.test
        labels = LabelSet.of(job.task.task, job.index.iloc[fold.training])
        embeddings = job.embeddings(step)
        tested = fold.test[job.detected[fold.test]]
        arrays = [embeddings.rows(rows) for rows in (fold.training, fold.validation, tested)]
        mean, scale = standardiser(arrays[0], np.arange(len(arrays[0])))
        training, validation, test = ((array - mean) * scale for array in arrays)
        targets = labels.targets(job.index)
        self._rows = Rows(
            list(embeddings.sizes.values()),
            labels,
            training,
            targets[fold.training],
            validation,
            targets[fold.validation],
            test,
        )
        self._embeddings = embeddings

    def train(self, seed: int, numbers: Sequence[int] | None = None) -> Trained:
        """Train a head on every subset, or on those at ``numbers``."""
        job = self._job
        wanted = list(range(len(self.subsets)) if numbers is None else numbers)
        stream = job.stream(seed, 0)
        # Apart, so that each has its time; a head comes to the same in any company.
        single = [number for number in wanted if len(self.subsets[number]) == 1]
        several = [number for number in wanted if len(self.subsets[number]) > 1]
        validation, outputs, seconds = np.empty(len(wanted)), {}, [0.0, 0.0]
        for place, numbers in enumerate((single, several)):
            if not numbers:
                continue
            started = time.perf_counter()
            members = [self.subsets[number] for number in numbers]
            trained = train_networks(self._rows, members, self._head, job.device, stream)
            seconds[place] = time.perf_counter() - started
            for number, score, output in zip(numbers, trained.validation, trained.outputs, strict=True):
                validation[wanted.index(number)] = score * self._unit
                outputs[number] = output
        frames = [self._frame(outputs[number]) for number in wanted] if len(self._test) else None
        return Trained(validation, frames, sum(seconds), seconds[0])

    def additive(self) -> np.ndarray:
        """Return every subset's validation score by kernel ridge."""
        return kernel_scores(self._sample(), self.subsets, self._job.device) * self._unit

    def labelled(self) -> Labelled:
        """Return the training faces that statistics of labels are computed from."""
        return self._sample().labelled()

    def _sample(self) -> Rows:
        return self._rows.sample(derive_seed("selection", self._job.task.name))

    def left_out(self, runs: Sequence[tuple[int, int]]) -> list[pd.DataFrame]:
        """Return the predictions of each (subset, seed): each subject's by a head that has not seen it."""
        job, everyone = self._job, np.arange(len(self._job.index))
        array = self._embeddings.rows(everyone)
        own = np.repeat(np.arange(len(self._rows.sizes)), self._rows.sizes)
        labels = [LabelSet.of(job.task.task, job.index.iloc[fold.training]) for fold in self._folds]
        targets = [each.targets(job.index) for each in labels]
        frames = []
        for number, seed in runs:
            inputs = array[:, np.isin(own, self.subsets[number])]
            heads = [
                Head(inputs, *known, fold.training, fold.validation, job.stream(seed, fold.number))
                for *known, fold in zip(labels, targets, self._folds, strict=True)
            ]
            recipe = self._head
            trained = train_heads(heads, [recipe.hidden], recipe.dropout, recipe.training, job.device)
            parts = [
                face_predictions(known, job.index, fold.test, head.outputs(inputs, fold.test)).assign(
                    fold=fold.number
                )
                for known, fold, head in zip(labels, self._folds, trained, strict=True)
            ]
            frames.append(pd.concat(parts, ignore_index=True))
        return frames

    @property
    def _unit(self) -> float:
        return 1.0 if self._rows.labels.kind == "regression" else 100.0

    def _frame(self, outputs: np.ndarray) -> pd.DataFrame:
        whole = np.zeros((len(self._test), outputs.shape[1]), np.float32)
        whole[self._job.detected[self._test]] = outputs
        return face_predictions(self._rows.labels, self._job.index, self._test, whole).assign(fold=0)


def _choosing_fold(job: TaskJob, found: list[Fold]) -> Fold:
    """Return the rows that choose: the protocol's own, or one division of the subjects."""
    if job.task.protocol != "leave_one_out":
        return found[0]
    usable = np.union1d(found[0].training, np.concatenate([found[0].validation, found[0].test]))
    usable = usable[job.detected[usable]]
    subjects = job.index["subject"].astype(str).to_numpy()[usable]
    names = np.unique(subjects)
    rng = np.random.default_rng(derive_seed("selection", job.task.name))
    validating = np.isin(subjects, rng.permutation(names)[: max(1, len(names) // _VALIDATING)])
    return Fold(0, usable[~validating], usable[validating], usable[:0])
