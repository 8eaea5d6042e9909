"""Probes: a perceptron on each frozen representation (Vielzeuf et al. 2019, section 3.5)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from engram.core.errors import CheckpointError
from engram.models.backbone_files import load_backbone
from engram.studies.general.jobs.task_steps import ProbeStep
from engram.studies.general.representations.representation_store import load_representation
from engram.studies.general.selection.pair_candidates import pair_accuracy
from engram.studies.general.targets.baselines import (
    constant,
    gradients,
    linear,
    principal_gradients,
)
from engram.studies.general.targets.left_out_words import UNTESTED
from engram.studies.general.targets.predictions import cosine, face_predictions, pair_predictions
from engram.studies.general.targets.protocols import (
    Fold,
    folds,
    pairs_to_choose,
    pairs_to_verify,
)
from engram.studies.general.targets.task_job import TaskJob, write_solved
from engram.training.heads import Head, standardiser, train_heads
from engram.training.tasks import LabelSet

__all__ = ["probe"]


def probe(job: TaskJob, step: ProbeStep, code: str) -> None:
    """Solve a task by every frozen method; write their predictions and one record.

    A perceptron is trained on each representation for each seed and fold. For verification by pairs
    nothing is learnt: the cosine of standardised representations is compared, of ``concat`` with the same
    weight for each encoder. ``concat`` is else a perceptron
    of the fusing encoder's architecture on all source embeddings. ``original``, of a source, is the
    encoder itself: what it predicts where it was trained here, a perceptron on its embedding where it was
    imported, the cosine of its raw embeddings for pairs. There is one such encoder, so its predictions
    are the same for each seed; so are those of the baselines ``constant`` and ``hog``.

    Raises
    ------
    EngramError
        If faces, labels or representations are missing or do not fit together, or a loss diverges.
    """
    started = time.perf_counter()
    settings = {
        "methods": list(step.methods),
        "head": step.head.model_dump(mode="json"),
        UNTESTED: job.left_out(),
    }
    files = [*job.inputs.represented, *job.inputs.own]
    record = job.record(f"{job.task.name}/frozen", settings, files, code)
    solve = (_Pairs if job.task.protocol == "pairs" else _Heads)(job, step)
    frames = []
    for method in tqdm(step.methods, desc=f"probe {job.task.name}", unit="method", file=sys.stderr):
        solved = solve(method)
        record.timings[f"train/{method}"] = solved.seconds
        if solved.validation is not None:
            record.metrics[f"validation/{method}"] = solved.validation
        frames += [frame.assign(method=method) for frame in solved.frames]
    record.timings["prepare"] = time.perf_counter() - started - sum(record.timings.values())
    write_solved(job.outputs.probe, frames, record)


@dataclass(frozen=True)
class _Solved:
    """What one method gave."""

    frames: list[pd.DataFrame]
    """Predictions of each seed and fold."""
    seconds: float = 0.0
    """Of training."""
    validation: float | None = None
    """The mean over seeds and folds of the score on validation faces, more being better; None if there is
    none."""


class _Arrays:
    """The arrays that heads read, by method."""

    def __init__(self, job: TaskJob, step: ProbeStep) -> None:
        self._job, self._step = job, step
        read = [name for name, reads in step.methods.items() if reads == "representation"]
        self._files = dict(zip(read, map(Path, job.inputs.representations), strict=True))

    def __call__(self, method: str, rows: np.ndarray) -> Iterator[np.ndarray]:
        """Return each seed's representation of the faces, (N, d); those not in ``rows`` may be zero."""
        job, seeds = self._job, self._job.params.seeds
        if method in self._files:
            return iter(load_representation(self._files[method], len(seeds), len(job.index)))
        embeddings = job.embeddings(self._step)
        array = np.zeros((len(job.index), sum(embeddings.sizes.values())), np.float32)
        array[rows] = embeddings.rows(rows)
        return iter([array] * len(seeds))


class _Heads:
    """Solves by heads, all folds and seeds of a method at once."""

    def __init__(self, job: TaskJob, step: ProbeStep) -> None:
        self._job, self._step, self._arrays = job, step, _Arrays(job, step)
        self._folds = folds(job.task, job.index, job.split)
        self._labels = [
            LabelSet.from_rows(job.task.task, job.index.iloc[fold.training]) for fold in self._folds
        ]
        self._targets = [labels.targets(job.index) for labels in self._labels]

    def __call__(self, method: str) -> _Solved:
        """Train a head for each seed and fold."""
        job, step, reads = self._job, self._step, self._step.methods[method]
        if reads in ("nothing", "pixels"):
            return self._baseline(reads)
        if reads == "encoder" and step.own_head:
            return _Solved(_predict_by_own_head(job, self._folds))
        rows = np.unique(np.concatenate([np.r_[fold.training, fold.validation] for fold in self._folds]))
        tested = np.concatenate([fold.test for fold in self._folds])
        arrays = self._arrays(method, np.union1d(rows, tested[job.detected[tested]]))
        runs = [
            (seed, array, number)
            for seed, array in zip(job.params.seeds, arrays, strict=True)
            for number in range(len(self._folds))
        ]
        heads = [self._head(array, number, job.stream(seed, number)) for seed, array, number in runs]
        hidden = step.fused if reads == "embeddings" else [step.head.hidden]
        started = time.perf_counter()
        trained = train_heads(heads, hidden, step.head.dropout, step.head.training, job.device)
        seconds = time.perf_counter() - started
        frames = []
        for (seed, array, number), head in zip(runs, trained, strict=True):
            fold, labels = self._folds[number], self._labels[number]
            outputs = job.filled(fold.test, labels.outputs, partial(head.outputs, array))
            frame = face_predictions(labels, job.index, fold.test, outputs)
            frames.append(frame.assign(seed=seed, fold=fold.number))
        return _Solved(frames, seconds, float(np.mean([head.score for head in trained])))

    def _baseline(self, reads: str) -> _Solved:
        """Answer without a network: the same for each seed."""
        job, started = self._job, time.perf_counter()
        features = gradients(job.store.faces, np.flatnonzero(job.detected)) if reads == "pixels" else None
        frames, scores = [], []
        for fold, labels, targets in zip(self._folds, self._labels, self._targets, strict=True):
            if features is None:
                solved = constant(labels, targets, fold, len(job.index))
            else:
                solved = linear(labels, targets, fold, features)
            scores.append(solved.score)
            outputs = job.filled(fold.test, labels.outputs, solved.outputs.__getitem__)
            frame = face_predictions(labels, job.index, fold.test, outputs)
            frames += [frame.assign(seed=seed, fold=fold.number) for seed in job.params.seeds]
        return _Solved(frames, time.perf_counter() - started, float(np.mean(scores)))

    def _head(self, array: np.ndarray, number: int, seed: int) -> Head:
        fold = self._folds[number]
        return Head(array, self._labels[number], self._targets[number], fold.training, fold.validation, seed)


class _Pairs:
    """Solves verification by pairs: nothing is learnt but the threshold."""

    def __init__(self, job: TaskJob, step: ProbeStep) -> None:
        self._job, self._step, self._arrays = job, step, _Arrays(job, step)
        self._pairs = pairs_to_verify(job.task, job.index, job.split)
        known = job.learning
        self._choosing = pairs_to_choose(job.task, known.index, known.split)
        self._known = known.store.detected_rows(known.split, "train", "validation")

    def __call__(self, method: str) -> _Solved:
        """Compare the pairs, for each seed; pairs of other subjects validate."""
        job = self._job
        reads = self._step.methods[method]
        if reads in ("nothing", "pixels"):
            return self._baseline(reads)
        raw = reads == "encoder"
        tested, choosing = (
            [pairs[name].to_numpy() for name in ("first_row", "other_row")]
            for pairs in (self._pairs, self._choosing)
        )
        frames, validation = [], []
        arrays = self._read(method, np.concatenate(tested), np.concatenate([self._known, *choosing]))
        for seed, (array, learnt) in zip(job.params.seeds, arrays, strict=True):
            mean, scale = (0.0, 1.0) if raw else standardiser(learnt, self._known)
            if reads == "embeddings":
                # Each encoder counts alike, as in the subset search: else one of many values drowns the rest.
                sizes = np.array(list(self._step.encoders.values()))
                scale = scale / np.sqrt(np.repeat(sizes, sizes))
            similar = [
                cosine((found[one] - mean) * scale, (found[two] - mean) * scale)
                for found, (one, two) in ((array, tested), (learnt, choosing))
            ]
            frames.append(pair_predictions(self._pairs, job.detected, similar[0]).assign(seed=seed))
            validation.append(pair_accuracy(self._choosing, job.learning.detected, similar[1]))
        return _Solved(frames, validation=float(np.mean(validation)))

    def _read(
        self, method: str, tested: np.ndarray, learnt: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield each seed's representation of the data set that is tested, and of that learnt on."""
        if self._job.other is None:
            for array in self._arrays(method, np.unique(np.concatenate([learnt, tested]))):
                yield array, array
        else:
            others = _Arrays(self._job.other, self._step)(method, np.unique(learnt))
            yield from zip(self._arrays(method, np.unique(tested)), others, strict=True)

    def _baseline(self, reads: str) -> _Solved:
        """Compare the pairs by the cosine of their gradients' components, or call them all alike."""
        job = self._job
        first, other = (self._pairs[name].to_numpy() for name in ("first_row", "other_row"))
        similar = np.zeros(len(first))
        if reads == "pixels":
            known = job.learning
            learnt = gradients(known.store.faces, self._known)[self._known]
            faces = np.union1d(first, other)
            tested = gradients(job.store.faces, faces[job.detected[faces]])
            array = principal_gradients(np.concatenate([learnt, tested]), np.arange(len(learnt)))[
                len(learnt) :
            ]
            similar = cosine(array[first], array[other])
        frame = pair_predictions(self._pairs, job.detected, similar)
        return _Solved([frame.assign(seed=seed) for seed in job.params.seeds])


def _predict_by_own_head(job: TaskJob, solved: list[Fold]) -> list[pd.DataFrame]:
    """Return what an encoder trained here predicts with its own head, the same for each seed.

    Raises
    ------
    CheckpointError
        If it was trained on another task.
    """
    (path,) = map(Path, job.inputs.own)
    encoder = load_backbone(path)
    labels = LabelSet.from_header(encoder.labels)
    if labels.task != job.task.task:
        raise CheckpointError(
            f"{path}: this encoder knows '{labels.task}', not '{job.task.task}'. Train it again."
        )
    network = job.device.place(encoder.network)
    outputs = partial(job.run, network, encoder.inputs)
    frames = []
    for fold in solved:
        values = job.filled(fold.test, labels.outputs, outputs)
        frame = face_predictions(labels, job.index, fold.test, values)
        frames += [frame.assign(seed=seed, fold=fold.number) for seed in job.params.seeds]
    return frames
