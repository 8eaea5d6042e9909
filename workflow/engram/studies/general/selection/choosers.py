"""How subsets of the encoders are tried on a piece of knowledge: by heads, or by pairs of faces."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engram.core.errors import SplitError
from engram.core.seeds import derive_seed
from engram.data.pairs import verification_pairs, verify
from engram.studies.general.embeddings import Embeddings
from engram.studies.general.predictions import answers, cosine, pair_answers
from engram.studies.general.protocols import Fold, folds, pairs_to_verify
from engram.studies.general.selection.choosing import Rows, kernel_scores, networks, spectral_scores
from engram.studies.general.task_job import TransferJob
from engram.training.heads import Head, standardiser, train_heads
from engram.training.tasks import LabelSet

__all__ = ["HeadChooser", "PairChooser", "Tried"]

#: Of so many persons, one validates the choice where one person is left out for the result.
_VALIDATING = 5


@dataclass(frozen=True)
class Tried:
    """What subsets came to with one seed."""

    validation: np.ndarray
    """(S,) percent of right answers, minus percent of wrong ones, or minus an error in the task's unit."""
    frames: list[pd.DataFrame] | None
    """Each subset's answers on the test units; none where only chosen subsets get any, by `left_out`."""
    seconds: float
    """Of training, all subsets together."""
    single: float
    """Of these, those of the single embeddings."""


class HeadChooser:
    """Tries subsets by heads. ``subsets`` are encoders' numbers, the single ones first.

    Under ``leave_one_out`` a fifth of the persons validates the choice, drawn by the knowledge's name,
    and the chosen are then trained anew for each person left out.
    """

    def __init__(self, job: TransferJob, subsets: Sequence[Sequence[int]]) -> None:
        self._job, self._subsets = job, subsets
        self._folds = folds(job.item, job.index, job.split)
        fold = _choosing_fold(job, self._folds)
        self._test = fold.test
        labels = LabelSet.of(job.item.task, job.index.iloc[fold.training])
        embeddings = Embeddings.open(job.layout, job.settings, job.item.dataset)
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

    def networks(self, seed: int, chosen: Sequence[int] | None = None) -> Tried:
        """Train a head on every subset, or on the ``chosen``."""
        job = self._job
        numbers = list(range(len(self._subsets)) if chosen is None else chosen)
        stream = job.stream(seed, 0)
        # Apart, so that each has its time; a head comes to the same in any company.
        parts = [[n for n in numbers if (len(self._subsets[n]) == 1) == alone] for alone in (True, False)]
        validation, outputs, seconds = np.empty(len(numbers)), {}, [0.0, 0.0]
        for place, part in enumerate(parts):
            if not part:
                continue
            started = time.perf_counter()
            members = [self._subsets[number] for number in part]
            solved = networks(self._rows, members, job.general.head, job.device, stream)
            seconds[place] = time.perf_counter() - started
            for number, score, answer in zip(part, solved.validation, solved.outputs, strict=True):
                validation[numbers.index(number)] = score * self._unit
                outputs[number] = answer
        frames = [self._frame(outputs[number]) for number in numbers] if len(self._test) else None
        return Tried(validation, frames, sum(seconds), seconds[0])

    def cheap(self, method: str) -> np.ndarray:
        """Return every subset's score by ``kernel``, ``logme`` or ``h_score``."""
        sampled = self._rows.sample(derive_seed("selection", self._job.item.name))
        if method == "kernel":
            return kernel_scores(sampled, self._subsets, self._job.device) * self._unit
        return spectral_scores(sampled, self._subsets, method)

    def left_out(self, runs: Sequence[tuple[int, int]]) -> list[pd.DataFrame]:
        """Return the answers of each (subset's number, seed), each person by a head that has not seen it."""
        job, everyone = self._job, np.arange(len(self._job.index))
        array = self._embeddings.rows(everyone)
        own = np.repeat(np.arange(len(self._rows.sizes)), self._rows.sizes)
        labels = [LabelSet.of(job.item.task, job.index.iloc[fold.training]) for fold in self._folds]
        targets = [each.targets(job.index) for each in labels]
        frames = []
        for number, seed in runs:
            inputs = array[:, np.isin(own, self._subsets[number])]
            heads = [
                Head(inputs, *solved, fold.training, fold.validation, job.stream(seed, fold.number))
                for *solved, fold in zip(labels, targets, self._folds, strict=True)
            ]
            recipe = job.general.head
            trained = train_heads(heads, [recipe.hidden], recipe.dropout, recipe.training, job.device)
            parts = [
                answers(solved, job.index, fold.test, head.outputs(inputs, fold.test)).assign(
                    fold=fold.number
                )
                for solved, fold, head in zip(labels, self._folds, trained, strict=True)
            ]
            frames.append(pd.concat(parts, ignore_index=True))
        return frames

    @property
    def _unit(self) -> float:
        return 1.0 if self._rows.labels.kind == "regression" else 100.0

    def _frame(self, outputs: np.ndarray) -> pd.DataFrame:
        whole = np.zeros((len(self._test), outputs.shape[1]), np.float32)
        whole[self._job.detected[self._test]] = outputs
        return answers(self._rows.labels, self._job.index, self._test, whole).assign(fold=0)


def _choosing_fold(job: TransferJob, found: list[Fold]) -> Fold:
    """Return the rows that choose: the protocol's own, or one division of the persons."""
    if job.item.protocol != "leave_one_out":
        return found[0]
    usable = np.union1d(found[0].training, np.concatenate([found[0].validation, found[0].test]))
    usable = usable[job.detected[usable]]
    subjects = job.index["subject"].astype(str).to_numpy()[usable]
    persons = np.unique(subjects)
    rng = np.random.default_rng(derive_seed("selection", job.item.name))
    validating = np.isin(subjects, rng.permutation(persons)[: max(1, len(persons) // _VALIDATING)])
    return Fold(0, usable[~validating], usable[validating], usable[:0])


class PairChooser:
    """Tries subsets on pairs of faces: nothing is learnt, the score is the share of pairs told right.

    The pairs that choose are of the validation subset's persons, or of the training subset's where
    those are too few for two folds.
    """

    def __init__(self, job: TransferJob, subsets: Sequence[Sequence[int]]) -> None:
        self._job, self._subsets = job, subsets
        self._embeddings = Embeddings.open(job.layout, job.settings, job.item.dataset)
        self._known = job.store.detected_rows(job.split, "train", "validation")
        known = self._embeddings.rows(self._known)
        self._statistics = standardiser(known, np.arange(len(known)))
        self._choosing, self._test = _validation_pairs(job), pairs_to_verify(job.item, job.index, job.split)

    def networks(self, seed: int, chosen: Sequence[int] | None = None) -> Tried:
        """Compare concatenated embeddings, each of weight one, subset by subset; no seed plays a part."""
        numbers = range(len(self._subsets)) if chosen is None else chosen
        started, single = time.perf_counter(), 0.0
        sides = self._sides(self._choosing)
        validation = []
        for number in numbers:
            validation.append(self._accuracy(self._concatenated(sides, number)))
            if len(self._subsets[number]) == 1:
                single = time.perf_counter() - started
        seconds = time.perf_counter() - started
        tested = self._sides(self._test)
        frames = [
            pair_answers(self._test, self._job.detected, self._concatenated(tested, number))
            for number in numbers
        ]
        return Tried(np.array(validation), frames, seconds, single)

    def cheap(self, method: str) -> np.ndarray:
        """Return every subset's score; by ``kernel`` it is that of ``networks``, from sums of products.

        LogME and H-score take the training persons as classes.
        """
        if method == "kernel":
            return np.array([self._accuracy(each) for each in self._summed()])
        job = self._job
        rows = job.store.detected_rows(job.split, "train")
        labels = LabelSet.of("identity", job.index.iloc[rows])
        mean, scale = self._statistics
        inputs, targets = (self._embeddings.rows(rows) - mean) * scale, labels.targets(job.index.iloc[rows])
        sizes = list(self._embeddings.sizes.values())
        chosen = Rows(sizes, labels, inputs, targets, inputs[:0], targets[:0], inputs[:0])
        return spectral_scores(chosen.sample(derive_seed("selection", job.item.name)), self._subsets, method)

    def _sides(self, pairs: pd.DataFrame) -> list[list[np.ndarray]]:
        """Return the standardised embeddings (P, d) of the first and of the other faces, by encoder."""
        mean, scale = self._statistics
        sizes = np.array(list(self._embeddings.sizes.values()))
        weights, edges = scale / np.sqrt(np.repeat(sizes, sizes)), np.cumsum(sizes)[:-1]
        return [
            np.split((self._embeddings.rows(pairs[side].to_numpy()) - mean) * weights, edges, axis=1)
            for side in ("first_row", "other_row")
        ]

    def _concatenated(self, sides: list[list[np.ndarray]], number: int) -> np.ndarray:
        first, other = (
            np.concatenate([side[member] for member in self._subsets[number]], axis=1) for side in sides
        )
        return cosine(first, other)

    def _summed(self) -> np.ndarray:
        """Return every subset's cosines (S, P): an encoder's products serve all of them."""
        first, other = self._sides(self._choosing)
        inner, left, right = (
            np.stack([(a.astype(np.float64) * b).sum(1) for a, b in zip(one, two, strict=True)])
            for one, two in ((first, other), (first, first), (other, other))
        )
        member = np.array([np.isin(np.arange(len(first)), subset) for subset in self._subsets], np.float64)
        lengths = np.sqrt((member @ left) * (member @ right))
        return (member @ inner) / np.where(lengths > 0, lengths, np.inf)

    def _accuracy(self, similarity: np.ndarray) -> float:
        pairs, detected = self._choosing, self._job.detected
        both = detected[pairs["first_row"]] & detected[pairs["other_row"]]
        same = pairs["same"].to_numpy()
        called = verify(np.where(both, similarity, np.nan), same, pairs["fold"].to_numpy())
        return 100 * float(((called == same) & both).mean())


def _validation_pairs(job: TransferJob) -> pd.DataFrame:
    subjects = job.index["subject"].astype(str).to_numpy()
    for subset in ("validation", "train"):
        rows = job.split.rows(subset)
        seed = derive_seed("selection", job.item.dataset)
        try:
            return verification_pairs(subjects[rows], rows, job.item.pairs, seed, job.item.dataset)
        except SplitError:
            if subset == "train":
                raise
    raise AssertionError("one of the two is returned or raised")
