"""Subsets of the encoders for a task of single faces: heads, kernels and statistics on their embeddings."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from engram.core.seeds import derive_seed
from engram.studies.general.jobs.task_steps import SearchStep
from engram.studies.general.selection.candidates import Labelled, Subset, Trained
from engram.studies.general.selection.rows import Rows, kernel_scores, train_networks
from engram.studies.general.targets.predictions import face_predictions
from engram.studies.general.targets.protocols import folds
from engram.studies.general.targets.task_job import TaskJob
from engram.training.heads import standardiser
from engram.training.tasks import LabelSet

__all__ = ["FaceCandidates"]


class FaceCandidates:
    """Subsets of the encoders for a task that heads solve, under protocol ``split``."""

    def __init__(self, job: TaskJob, step: SearchStep, subsets: Sequence[Subset]) -> None:
        self._job, self._head, self.subsets = job, step.head, subsets
        (fold,) = folds(job.task, job.index, job.split)
        self._test = fold.test
        labels = LabelSet.from_rows(job.task.task, job.index.iloc[fold.training])
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
        frames = [self._frame(outputs[number]) for number in wanted]
        return Trained(validation, frames, sum(seconds), seconds[0])

    def additive(self) -> np.ndarray:
        """Return every subset's validation score by kernel ridge."""
        return kernel_scores(self._sample(), self.subsets, self._job.device) * self._unit

    def labelled(self) -> Labelled:
        """Return the training faces that statistics of labels are computed from."""
        return self._sample().labelled()

    def _sample(self) -> Rows:
        return self._rows.sample(derive_seed("selection", self._job.task.name))

    @property
    def _unit(self) -> float:
        return 1.0 if self._rows.labels.kind == "regression" else 100.0

    def _frame(self, outputs: np.ndarray) -> pd.DataFrame:
        whole = np.zeros((len(self._test), outputs.shape[1]), np.float32)
        whole[self._job.detected[self._test]] = outputs
        return face_predictions(self._rows.labels, self._job.index, self._test, whole).assign(fold=0)
