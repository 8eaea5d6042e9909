"""The nested search under ``leave_one_out``: each tested subject has encoders that were chosen without it.

For every subject that is left out, the other subjects are dealt into a few inner folds, and additive kernel
ridge scores every subset of the encoders on each of them in turn. A network for every subset, subject and
inner fold would take days where a kernel takes minutes. Heads on the chosen subsets are then trained, for
every seed, on the fold's training subjects alone.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from tqdm import tqdm

from engram.core.seeds import derive_seed
from engram.studies.general.jobs.task_steps import SearchStep
from engram.studies.general.methods import SELECTED
from engram.studies.general.selection.candidates import Subset
from engram.studies.general.selection.kernel_ridge import KernelRidge
from engram.studies.general.selection.results import best_of, search_record, subset_names, write_search
from engram.studies.general.selection.rows import Rows, kernel_scores
from engram.studies.general.targets.predictions import face_predictions
from engram.studies.general.targets.protocols import Fold, folds
from engram.studies.general.targets.task_job import TaskJob
from engram.training.heads import Head, standardiser, train_heads
from engram.training.tasks import LabelSet

__all__ = ["inner_folds", "search_nested"]

#: Inner folds of subjects that choose the encoders.
_INNER = 5


@dataclass(frozen=True)
class _Chosen:
    """The search of one fold."""

    scores: np.ndarray
    """(S,) each subset's score on the inner folds, more is better."""
    seconds: float
    """Of all subsets together."""
    choice: dict[str, int]
    """Of `SELECTED` and ``p_cnn``: the subset's position."""


def search_nested(job: TaskJob, step: SearchStep, subsets: Sequence[Subset], code: str) -> None:
    """Choose encoders for each subject that is left out, by the others, and test the choice on it.

    Writes the files of `engram.studies.general.selection.search.search_subsets`. The ``validation`` of a
    subset is the mean over the subjects left out. ``choice.json`` has each fold's own choice under
    ``folds``, and the most frequent ones beside it.

    Raises
    ------
    EngramError
        If faces, labels or embeddings are missing or do not fit together, or a loss diverges.
    """
    started = time.perf_counter()
    record = search_record(job, step, code)
    record.settings["inner_folds"] = _INNER
    solved = folds(job.task, job.index, job.split)
    embeddings = job.embeddings(step)
    array = embeddings.rows(np.arange(len(job.index)))
    sizes = list(embeddings.sizes.values())
    record.timings["prepare"] = time.perf_counter() - started
    trainable = [list(step.encoders).index(name) for name in step.trainable]
    chosen = [
        _choose(job, fold, array, sizes, subsets, trainable)
        for fold in tqdm(solved, desc=f"select for {job.task.name}", unit="subject", file=sys.stderr)
    ]
    frames, trained = [], {}
    own = np.repeat(np.arange(len(sizes)), sizes)
    for method in SELECTED:
        members = [np.isin(own, subsets[each.choice[method]]) for each in chosen]
        found, trained[method] = _solve(job, step, solved, array, members)
        frames += [frame.assign(method=method) for frame in found]
    names = subset_names(list(step.encoders), subsets)
    record.timings |= _timings(chosen, trained, len(job.params.seeds), len(sizes) / len(subsets))
    scores = np.mean([each.scores for each in chosen], axis=0)
    record.metrics = {"subsets": float(len(subsets)), "validation": float(scores.max())}
    table = pd.DataFrame(
        {
            "selector": KernelRidge.name,
            "subset": names,
            "size": [len(members) for members in subsets],
            "validation": scores,
            "test": np.nan,
            "seconds": sum(each.seconds for each in chosen),
            "seed": job.params.seeds[0],
        }
    )
    write_search(job, table, frames, _choice(solved, chosen, names), record)


def _choose(
    job: TaskJob,
    fold: Fold,
    array: np.ndarray,
    sizes: list[int],
    subsets: Sequence[Subset],
    trainable: Sequence[int],
) -> _Chosen:
    """Score every subset by subjects that are not tested in the fold."""
    started = time.perf_counter()
    known = np.union1d(fold.training, fold.validation)
    mean, scale = standardiser(array, known)
    inputs = (array[known] - mean) * scale
    subjects = job.index["subject"].astype(str).to_numpy()[known]
    total, count = np.zeros(len(subsets)), 0
    for number, validates in enumerate(inner_folds(subjects, derive_seed("inner folds", job.task.name))):
        labels = LabelSet.from_rows(job.task.task, job.index.iloc[known[~validates]])
        targets = labels.targets(job.index.iloc[known])
        usable = labels.labelled(targets)
        training, validation = usable & ~validates, usable & validates
        if not training.any() or not validation.any():
            continue
        rows = Rows(
            sizes,
            labels,
            inputs[training],
            targets[training],
            inputs[validation],
            targets[validation],
            inputs[:0],
        ).sample(derive_seed("selection", job.task.name, number))
        faces = int(validation.sum())
        total += faces * kernel_scores(rows, subsets, job.device)
        count += faces
    scores = total / max(count, 1)
    single = {"p_cnn": max(trainable, key=scores.__getitem__)} if trainable else {}
    return _Chosen(scores, time.perf_counter() - started, {**best_of(scores, len(sizes)), **single})


def inner_folds(subjects: np.ndarray, seed: int) -> list[np.ndarray]:
    """Return the masks (N,) of a few inner folds: each subject validates in exactly one.

    The subjects are dealt in an order drawn by ``seed`` and their number; two of them make two folds.
    """
    names, owners = np.unique(subjects, return_inverse=True)
    place = np.argsort(np.random.default_rng(seed).permutation(len(names)))
    count = min(_INNER, len(names))
    return [place[owners] % count == number for number in range(count)]


def _solve(
    job: TaskJob, step: SearchStep, solved: Sequence[Fold], array: np.ndarray, members: Sequence[np.ndarray]
) -> tuple[list[pd.DataFrame], float]:
    """Return the predictions of heads on each fold's own columns, by seed and fold, and the seconds."""
    labels = [LabelSet.from_rows(job.task.task, job.index.iloc[fold.training]) for fold in solved]
    targets = [each.targets(job.index) for each in labels]
    inputs = [array[:, mine] for mine in members]
    runs = [(seed, place) for seed in job.params.seeds for place in range(len(solved))]
    heads = [
        Head(
            inputs[place],
            labels[place],
            targets[place],
            solved[place].training,
            solved[place].validation,
            job.stream(seed, solved[place].number),
        )
        for seed, place in runs
    ]
    started = time.perf_counter()
    trained = train_heads(heads, [step.head.hidden], step.head.dropout, step.head.training, job.device)
    seconds = time.perf_counter() - started
    frames = []
    for (seed, place), head in zip(runs, trained, strict=True):
        rows = solved[place].test
        outputs = job.filled(rows, labels[place].outputs, partial(head.outputs, inputs[place]))
        frame = face_predictions(labels[place], job.index, rows, outputs)
        frames.append(frame.assign(seed=seed, fold=solved[place].number))
    return frames, seconds


def _timings(
    chosen: Sequence[_Chosen], trained: Mapping[str, float], seeds: int, single: float
) -> dict[str, float]:
    """Return the seconds of all seeds together: choosing, which no seed changes, and the chosen heads.

    ``single`` is the fraction of the subsets that are single encoders: BT scores no others.
    """
    seconds = sum(each.seconds for each in chosen)
    parts = dict(zip(SELECTED, (single, 1.0), strict=True))
    found = {f"train/{method}": seeds * part * seconds + trained[method] for method, part in parts.items()}
    return {f"train/{KernelRidge.name}": seconds, **found, "train": found[f"train/{SELECTED[-1]}"]}


def _choice(solved: Sequence[Fold], chosen: Sequence[_Chosen], names: Sequence[str]) -> dict:
    """Return the choice of each fold by name, and the most frequent ones."""
    by_fold = {
        str(fold.number): {method: names[number] for method, number in each.choice.items()}
        for fold, each in zip(solved, chosen, strict=True)
    }
    methods = [*SELECTED, "p_cnn"]
    counts = {method: Counter(each.get(method) for each in by_fold.values()) for method in methods}
    return {method: found.most_common(1)[0][0] for method, found in counts.items()} | {"folds": by_fold}
