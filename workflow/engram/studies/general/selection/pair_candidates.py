"""Subsets of the encoders for verification by pairs of faces: the cosine of their embeddings."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from engram.core.seeds import derive_seed
from engram.data.pairs import verify
from engram.studies.general.encoders.embeddings import Embeddings
from engram.studies.general.jobs.task_steps import SearchStep
from engram.studies.general.selection.candidates import Labelled, Subset, Trained
from engram.studies.general.selection.rows import Rows
from engram.studies.general.targets.predictions import cosine, pair_predictions
from engram.studies.general.targets.protocols import pairs_to_choose, pairs_to_verify
from engram.studies.general.targets.task_job import TaskJob
from engram.training.heads import standardiser
from engram.training.tasks import LabelSet

__all__ = ["PairCandidates", "pair_accuracy"]


class PairCandidates:
    """Subsets of the encoders for verification: nothing is learnt, a score is an accuracy in percent.

    The pairs that choose are of the validation subset's subjects, or of the training subset's where
    those are too few for two folds.
    """

    def __init__(self, job: TaskJob, step: SearchStep, subsets: Sequence[Subset]) -> None:
        self._job, self.subsets = job, subsets
        self._embeddings = job.embeddings(step)
        learning = job.learning
        self._learnt = self._embeddings if learning is job else learning.embeddings(step)
        known = self._learnt.rows(learning.store.detected_rows(learning.split, "train", "validation"))
        self._statistics = standardiser(known, np.arange(len(known)))
        self._choosing = pairs_to_choose(job.task, learning.index, learning.split)
        self._test = pairs_to_verify(job.task, job.index, job.split)

    def train(self, seed: int, numbers: Sequence[int] | None = None) -> Trained:
        """Compare concatenated embeddings, each of weight one, subset by subset; no seed plays a part."""
        wanted = range(len(self.subsets)) if numbers is None else numbers
        started, single = time.perf_counter(), 0.0
        sides = self._sides(self._choosing, self._learnt)
        validation = []
        for number in wanted:
            validation.append(self._accuracy(self._concatenated(sides, number)))
            if len(self.subsets[number]) == 1:
                single = time.perf_counter() - started
        seconds = time.perf_counter() - started
        tested = self._sides(self._test, self._embeddings)
        frames = [
            pair_predictions(self._test, self._job.detected, self._concatenated(tested, number))
            for number in wanted
        ]
        return Trained(np.array(validation), frames, seconds, single)

    def additive(self) -> np.ndarray:
        """Return every subset's accuracy as `train` gives it, from sums of products."""
        return np.array([self._accuracy(each) for each in self._summed()])

    def labelled(self) -> Labelled:
        """Return the training faces; their subjects are the classes."""
        job = self._job.learning
        rows = job.store.detected_rows(job.split, "train")
        labels = LabelSet.from_rows("identity", job.index.iloc[rows])
        mean, scale = self._statistics
        inputs, targets = (self._learnt.rows(rows) - mean) * scale, labels.targets(job.index.iloc[rows])
        sizes = list(self._embeddings.sizes.values())
        faces = Rows(sizes, labels, inputs, targets, inputs[:0], targets[:0], inputs[:0])
        return faces.sample(derive_seed("selection", job.task.name)).labelled()

    def _sides(self, pairs: pd.DataFrame, embeddings: Embeddings) -> list[list[np.ndarray]]:
        """Return the standardised embeddings (P, d) of the first and of the other faces, by encoder."""
        mean, scale = self._statistics
        sizes = np.array(list(embeddings.sizes.values()))
        weights, edges = scale / np.sqrt(np.repeat(sizes, sizes)), np.cumsum(sizes)[:-1]
        return [
            np.split((embeddings.rows(pairs[side].to_numpy()) - mean) * weights, edges, axis=1)
            for side in ("first_row", "other_row")
        ]

    def _concatenated(self, sides: list[list[np.ndarray]], number: int) -> np.ndarray:
        first, other = (
            np.concatenate([side[member] for member in self.subsets[number]], axis=1) for side in sides
        )
        return cosine(first, other)

    def _summed(self) -> np.ndarray:
        """Return every subset's cosines (S, P): the products of an encoder serve all of them."""
        first, other = self._sides(self._choosing, self._learnt)
        inner, left, right = (
            np.stack([(a.astype(np.float64) * b).sum(1) for a, b in zip(one, two, strict=True)])
            for one, two in ((first, other), (first, first), (other, other))
        )
        member = np.array([np.isin(np.arange(len(first)), subset) for subset in self.subsets], np.float64)
        lengths = np.sqrt((member @ left) * (member @ right))
        return (member @ inner) / np.where(lengths > 0, lengths, np.inf)

    def _accuracy(self, similarity: np.ndarray) -> float:
        return pair_accuracy(self._choosing, self._job.learning.detected, similarity)


def pair_accuracy(pairs: pd.DataFrame, detected: np.ndarray, similarity: np.ndarray) -> float:
    """Return the percent of pairs that are told rightly by their similarity (P,), in folds.

    ``detected`` (N,) says which faces were found; a pair without one of its faces is wrong.
    """
    both = detected[pairs["first_row"]] & detected[pairs["other_row"]]
    same = pairs["same"].to_numpy()
    called = verify(np.where(both, similarity, np.nan), same, pairs["fold"].to_numpy())
    return 100 * float(((called == same) & both).mean())
