"""Transfer of frozen representations: a perceptron on each (Vielzeuf et al. 2019, section 3.5)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from engram.config import Settings
from engram.core.errors import CheckpointError
from engram.core.paths import Layout
from engram.models.backbone_files import load_backbone
from engram.studies.general.embeddings import Embeddings
from engram.studies.general.operators import fused_sizes
from engram.studies.general.plan import probe_methods
from engram.studies.general.predictions import answers, cosine, pair_answers
from engram.studies.general.protocols import Fold, folds, pairs_to_verify
from engram.studies.general.representation_store import Representations
from engram.studies.general.task_job import TransferJob
from engram.training.heads import Head, standardiser, train_heads
from engram.training.tasks import LabelSet

__all__ = ["transfer_frozen"]


def transfer_frozen(name: str, settings: Settings, layout: Layout, *, threads: int, code: str) -> None:
    """Solve knowledge ``name`` by every frozen approach; write their predictions and one record.

    A perceptron is trained on each representation for each seed and fold; for verification by
    pairs nothing is learnt, and the cosine of standardised representations is compared.
    ``concat`` is a perceptron of the fusing encoder's architecture on all source embeddings.
    ``original``, of a source, is the encoder itself: what it answers where it was trained here, a
    perceptron on its embedding where it was imported, the cosine of its raw embeddings for pairs.
    There is one such encoder, so its answers stand there for each seed alike.

    Parameters
    ----------
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If faces, labels or representations are missing or do not fit together, or a loss diverges.
    """
    started = time.perf_counter()
    job = TransferJob.open(name, settings, layout, threads)
    approaches = [method.name for method in probe_methods(settings.general, job.item)]
    head = settings.general.head.model_dump(mode="json")
    record = job.record(f"{name}/frozen", {"approaches": approaches, "head": head}, _inputs(job), code)
    solve = _Pairs(job) if job.item.protocol == "pairs" else _Heads(job)
    frames = []
    for approach in tqdm(approaches, desc=f"transfer to {name}", unit="approach", file=sys.stderr):
        found, record.timings[f"train/{approach}"] = solve(approach)
        frames += [frame.assign(approach=approach) for frame in found]
    record.timings["prepare"] = time.perf_counter() - started - sum(record.timings.values())
    job.write("frozen", frames, record)


def _inputs(job: TransferJob) -> list[Path]:
    files = [job.layout.representations(job.item.dataset) / "record.json"]
    return files + ([_model(job)] if _answers_itself(job) else [])


def _model(job: TransferJob) -> Path:
    return job.layout.encoder(job.item.encoder) / "model.safetensors"


def _answers_itself(job: TransferJob) -> bool:
    """Whether the knowledge is that of an encoder trained here, whose own head answers."""
    encoder = job.item.encoder
    return (
        encoder is not None
        and job.general.encoders[encoder].imported is None
        and job.item.protocol != "pairs"
    )


class _Heads:
    """Solves by heads, a fold at a time."""

    def __init__(self, job: TransferJob) -> None:
        self._job = job
        self._folds = folds(job.item, job.index, job.split)
        self._labels = [LabelSet.of(job.item.task, job.index.iloc[fold.training]) for fold in self._folds]
        self._targets = [labels.targets(job.index) for labels in self._labels]

    def __call__(self, approach: str) -> tuple[list[pd.DataFrame], float]:
        """Return a frame for each seed and fold, and the seconds that training took."""
        if approach == "original" and _answers_itself(self._job):
            return _own_answers(self._job, self._folds), 0.0
        job, seeds = self._job, self._job.settings.seeds
        rows = np.unique(np.concatenate([np.r_[fold.training, fold.validation] for fold in self._folds]))
        tested = np.concatenate([fold.test for fold in self._folds])
        arrays = _arrays(job, approach, np.union1d(rows, tested[job.detected[tested]]))
        runs = [
            (seed, array, number) for seed, array in zip(seeds, arrays, strict=True) for number in self._all()
        ]
        heads = [self._head(array, number, job.stream(seed, number)) for seed, array, number in runs]
        chosen = job.general.head
        hidden = fused_sizes(job.general)[1:] if approach == "concat" else [chosen.hidden]
        started = time.perf_counter()
        trained = train_heads(heads, hidden, chosen.dropout, chosen.training, job.device)
        seconds = time.perf_counter() - started
        frames = []
        for (seed, array, number), solver in zip(runs, trained, strict=True):
            fold, labels = self._folds[number], self._labels[number]
            outputs = job.filled(fold.test, labels.outputs, partial(solver.outputs, array))
            frame = answers(labels, job.index, fold.test, outputs)
            frames.append(frame.assign(seed=seed, fold=fold.number))
        return frames, seconds

    def _all(self) -> range:
        return range(len(self._folds))

    def _head(self, array: np.ndarray, number: int, seed: int) -> Head:
        fold = self._folds[number]
        return Head(array, self._labels[number], self._targets[number], fold.training, fold.validation, seed)


class _Pairs:
    """Solves verification by pairs: nothing is learnt but the threshold."""

    def __init__(self, job: TransferJob) -> None:
        self._job = job
        self._pairs = pairs_to_verify(job.item, job.index, job.split)
        self._known = job.store.detected_rows(job.split, "train", "validation")

    def __call__(self, approach: str) -> tuple[list[pd.DataFrame], float]:
        """Return a frame for each seed, and no seconds of training."""
        job = self._job
        first, other = (self._pairs[name].to_numpy() for name in ("first_row", "other_row"))
        used = np.union1d(self._known, np.concatenate([first, other]))
        frames = []
        for seed, array in zip(job.settings.seeds, _arrays(job, approach, used), strict=True):
            mean, scale = (0.0, 1.0) if approach == "original" else standardiser(array, self._known)
            similarity = cosine((array[first] - mean) * scale, (array[other] - mean) * scale)
            frames.append(pair_answers(self._pairs, job.detected, similarity).assign(seed=seed))
        return frames, 0.0


def _arrays(job: TransferJob, approach: str, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Return each seed's representation of the faces, (N, d); those not in ``rows`` may be zero."""
    seeds, dataset = job.settings.seeds, job.item.dataset
    if approach not in ("concat", "original"):
        return iter(Representations.open(job.layout, job.settings, dataset).of(approach))
    names = None if approach == "concat" else [job.item.encoder]
    embeddings = Embeddings.open(job.layout, job.settings, dataset, names)
    array = np.zeros((len(job.index), sum(embeddings.sizes.values())), np.float32)
    array[rows] = embeddings.rows(rows)
    return iter([array] * len(seeds))


def _own_answers(job: TransferJob, solved: list[Fold]) -> list[pd.DataFrame]:
    """Return what an encoder trained here answers with its own head, the same for each seed.

    Raises
    ------
    CheckpointError
        If it was trained on another task.
    """
    encoder = load_backbone(_model(job))
    labels = LabelSet.from_header(encoder.labels)
    if labels.task != job.item.task:
        raise CheckpointError(
            f"{_model(job)}: this encoder knows '{labels.task}', not '{job.item.task}'. Train it again."
        )
    network = job.device.place(encoder.network)
    outputs = partial(job.run, network, encoder.inputs)
    frames = []
    for fold in solved:
        frame = answers(labels, job.index, fold.test, job.filled(fold.test, labels.outputs, outputs))
        frames += [frame.assign(seed=seed, fold=fold.number) for seed in job.settings.seeds]
    return frames
