"""The subset search: which encoders serve a task, by brute force and by cheaper selectors.

BT is the best single embedding and BCT the best of all subsets, side by side (Vielzeuf et al. 2019,
Table 6). The paper chooses them by the result itself; here validation chooses, and the chosen subset is
reported on test. The ways to choose are `engram.studies.general.selection.selectors.SELECTORS`.
"""

from __future__ import annotations

import sys
import time
from itertools import combinations

import numpy as np
import pandas as pd
from tqdm import tqdm

from engram.studies.general.evidence.metrics import unit_values
from engram.studies.general.jobs.task_steps import SearchStep
from engram.studies.general.selection.candidates import Candidates
from engram.studies.general.selection.face_candidates import FaceCandidates
from engram.studies.general.selection.nested import search_nested
from engram.studies.general.selection.pair_candidates import PairCandidates
from engram.studies.general.selection.results import best_of, search_record, subset_names, write_search
from engram.studies.general.selection.selector import SubsetScores
from engram.studies.general.selection.selectors import BRUTE_FORCE, SELECTORS
from engram.studies.general.targets.task_job import TaskJob

__all__ = ["search_subsets"]

#: Name of a selector -> its scores, seed by seed.
_Scores = dict[str, dict[int, SubsetScores]]
#: (Position of a subset, seed) -> its predictions on the test units.
_Predictions = dict[tuple[int, int], pd.DataFrame]


def search_subsets(job: TaskJob, step: SearchStep, code: str) -> None:
    """Score every subset of the encoders by every selector; solve the task by the best.

    Writes ``scores.parquet`` (a row a selector, subset and seed: the ``validation`` score, more is better;
    ``test``, the tables' metric of its networks, where known; ``seconds`` of the selector for that seed,
    all subsets together), ``predictions.parquet`` (``bt`` and ``bct``: each seed's own choice),
    ``choice.json`` (by the mean over seeds; ``p_cnn`` is the best single encoder that can be trained on)
    and ``record.json``. Under ``leave_one_out`` each subject has a choice of its own; see `search_nested`.

    Raises
    ------
    EngramError
        If faces, labels or embeddings are missing or do not fit together, or a loss diverges.
    """
    started = time.perf_counter()
    encoders = list(step.encoders)
    subsets = [
        chosen for size in range(1, len(encoders) + 1) for chosen in combinations(range(len(encoders)), size)
    ]
    if job.task.protocol == "leave_one_out":
        search_nested(job, step, subsets, code)
        return
    record, names = search_record(job, step, code), subset_names(encoders, subsets)
    candidates = (PairCandidates if job.task.protocol == "pairs" else FaceCandidates)(job, step, subsets)
    record.timings["prepare"] = time.perf_counter() - started
    found = _score(job, candidates, step.top)
    brute_force = found[BRUTE_FORCE]
    scores = _table(found, names)
    best = {seed: best_of(each.validation, len(encoders)) for seed, each in brute_force.items()}
    predictions = _predictions(brute_force)
    scores["test"] = [
        unit_values(job.task.kind, predictions[run]).mean()
        for run in zip(scores["number"], scores["seed"], strict=True)
    ]
    chosen = [
        predictions[number, seed].assign(method=method, seed=seed)
        for seed, each in best.items()
        for method, number in each.items()
    ]
    mean = np.mean([each.validation for each in brute_force.values()], axis=0)
    record.timings |= _timings(found)
    record.metrics = {"subsets": float(len(subsets)), "validation": float(mean.max())}
    write_search(job, scores, chosen, _choice(step, mean, names, encoders), record)


def _score(job: TaskJob, candidates: Candidates, top: int) -> _Scores:
    """Return the scores of every selector, those last that build on others."""
    seeds = job.params.seeds
    found: _Scores = {}
    order = sorted(SELECTORS.values(), key=lambda selector: selector.builds_on is not None)
    runs = [(selector, seed) for selector in order for seed in (seeds if selector.seeded else seeds[:1])]
    for selector, seed in tqdm(runs, desc=f"select for {job.task.name}", unit="selector", file=sys.stderr):
        earlier = {name: each[seeds[0]] for name, each in found.items()}
        scores = selector.score(candidates, seed, top=top, earlier=earlier)
        found.setdefault(selector.name, {})[seed] = scores
    return found


def _table(found: _Scores, names: list[str]) -> pd.DataFrame:
    """Return a row a selector, subset and seed; what no seed changes stands under the first."""
    parts = []
    for selector, by_seed in found.items():
        for seed, scores in by_seed.items():
            subsets = [names[number] for number in scores.numbers]
            columns = {
                "number": scores.numbers,
                "subset": subsets,
                "size": [subset.count("+") + 1 for subset in subsets],
                "validation": scores.validation,
            }
            part = pd.DataFrame({"selector": selector, **columns, "seconds": scores.seconds, "seed": seed})
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _predictions(brute_force: dict[int, SubsetScores]) -> _Predictions:
    """Return the predictions on test of each (subset, seed)."""
    return {
        (number, seed): frame
        for seed, each in brute_force.items()
        for number, frame in enumerate(each.trained.predictions if each.trained else ())
    }


def _timings(found: _Scores) -> dict[str, float]:
    """Return the training seconds, all seeds together; ``train`` is what BCT costs."""
    total = {
        f"train/{name}": float(sum(scores.seconds for scores in by_seed.values()))
        for name, by_seed in found.items()
    }
    brute_force = total[f"train/{BRUTE_FORCE}"]
    single = sum(scores.trained.single for scores in found[BRUTE_FORCE].values() if scores.trained)
    return {**total, "train/bt": single, "train/bct": brute_force, "train": brute_force}


def _choice(
    step: SearchStep, mean: np.ndarray, names: list[str], encoders: list[str]
) -> dict[str, str | None]:
    scores = dict(zip(encoders, mean, strict=False))
    return {
        **{method: names[number] for method, number in best_of(mean, len(encoders)).items()},
        "p_cnn": max(step.trainable, key=scores.__getitem__, default=None),
    }
