"""Which encoders serve a target: BT, BCT (Vielzeuf et al. 2019, Table 6), and cheaper ways to choose.

BT is the best single embedding, BCT the best of all subsets, side by side. As printed they are chosen
by the result itself; here validation chooses and the chosen is reported on test.

| method     | a subset's score                                                        |
|------------|-------------------------------------------------------------------------|
| networks   | validation score of a head trained on it: brute force, for every seed    |
| kernel     | validation score of kernel ridge, its kernel the sum of its members'    |
| kernel_top | the networks again, on the kernel's best few alone                       |
| logme      | evidence of a linear model, on the training faces alone                  |
| h_score    | variance that the classes explain, on the training faces alone           |

For verification by pairs nothing is learnt: a subset's score is the accuracy of its cosines, for
``kernel`` from sums of the encoders' products.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from tqdm import tqdm

from engram.config import GeneralSettings, Settings
from engram.core.files import atomic_path, write_json
from engram.core.paths import Layout
from engram.core.records import Record, write_record
from engram.studies.general.embeddings import shard_path
from engram.studies.general.metrics import unit_values
from engram.studies.general.plan import subsets_of_encoders
from engram.studies.general.selection.choosers import HeadChooser, PairChooser, Tried
from engram.studies.general.selection.choosing import PENALTIES, SAMPLED
from engram.studies.general.task_job import TransferJob, write_predictions

__all__ = ["select_encoders"]

_CHEAP = ("kernel", "logme", "h_score")


def select_encoders(name: str, settings: Settings, layout: Layout, *, threads: int, code: str) -> None:
    """Score every subset of the encoders for target knowledge ``name`` by every method; solve by the best.

    Writes ``scores.parquet`` (a row a method, subset and seed: the ``validation`` score, more is better;
    ``test``, the tables' metric of its networks, where known; ``seconds`` of the method for that seed,
    all subsets together), ``predictions.parquet`` (``bt`` and ``bct``: each seed's own choice),
    ``choice.json`` (by the mean over seeds; ``p_cnn`` is the best single encoder that can be trained on)
    and ``record.json``.

    Parameters
    ----------
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If faces, labels or embeddings are missing or do not fit together, or a loss diverges.
    """
    started = time.perf_counter()
    job = TransferJob.open(name, settings, layout, threads)
    record = _record(job, code)
    names = subsets_of_encoders(job.general)
    encoders = list(job.general.encoders)
    subsets = [[encoders.index(member) for member in members] for members in names]
    chooser = (PairChooser if job.item.protocol == "pairs" else HeadChooser)(job, subsets)
    record.timings["prepare"] = time.perf_counter() - started
    seeds = settings.seeds
    tried = {
        seed: chooser.networks(seed)
        for seed in tqdm(seeds, desc=f"select for {name}", unit="seed", file=sys.stderr)
    }
    scores = _scores(chooser, tried, ["+".join(members) for members in names], job.general.top)
    best = {seed: _best(each.validation, len(encoders)) for seed, each in tried.items()}
    frames = _answers(chooser, tried, _reported(scores, best))
    scores["test"] = [
        unit_values(job.item.kind, frames[number, seed]).mean() if (number, seed) in frames else np.nan
        for number, seed in zip(scores["number"], scores["seed"], strict=True)
    ]
    predictions = [
        frames[number, seed].assign(approach=approach, seed=seed)
        for seed, chosen in best.items()
        for approach, number in chosen.items()
    ]
    mean = np.mean([each.validation for each in tried.values()], axis=0)
    record.timings |= _timings(scores, tried)
    record.metrics = {"subsets": float(len(subsets)), "validation": float(mean.max())}
    _write(job, scores, predictions, _choice(job.general, mean, names), record)


def _record(job: TransferJob, code: str) -> Record:
    general, dataset = job.general, job.item.dataset
    files = [
        shard_path(job.layout.embeddings(dataset, name), shard)
        for name in general.encoders
        for shard in range(job.settings.datasets[dataset].shards)
    ]
    chosen = {
        "head": general.head.model_dump(mode="json"),
        "encoders": list(general.encoders),
        "top": general.top,
        "penalties": list(PENALTIES),
        "sampled": SAMPLED,
    }
    return job.record(job.item.name, chosen, files, code, kind="selection")


def _scores(
    chooser: HeadChooser | PairChooser, tried: dict[int, Tried], names: list[str], top: int
) -> pd.DataFrame:
    """Return a row a method, subset and seed; what no seed changes stands under the first."""

    def rows(method: str, numbers, validation: np.ndarray, seconds: float, seed: int) -> pd.DataFrame:
        subsets = [names[number] for number in numbers]
        sizes = [subset.count("+") + 1 for subset in subsets]
        columns = {"number": list(numbers), "subset": subsets, "size": sizes, "validation": validation}
        return pd.DataFrame({"method": method, **columns, "seconds": seconds, "seed": seed})

    everything = range(len(names))
    parts = [
        rows("networks", everything, each.validation, each.seconds, seed) for seed, each in tried.items()
    ]
    cheap = {}
    for method in _CHEAP:
        started = time.perf_counter()
        cheap[method] = chooser.cheap(method)
        seconds = time.perf_counter() - started
        parts.append(rows(method, everything, cheap[method], seconds, next(iter(tried))))
    kernel = parts[len(tried)]["seconds"].iloc[0]
    best = np.sort(np.argsort(-cheap["kernel"], kind="stable")[:top])
    for seed in tried:
        again = chooser.networks(seed, best)
        parts.append(rows("kernel_top", best, again.validation, kernel + again.seconds, seed))
    return pd.concat(parts, ignore_index=True)


def _best(validation: np.ndarray, encoders: int) -> dict[str, int]:
    """Return the number of the best single embedding and of the best subset; of equals the smaller."""
    return {"bt": int(validation[:encoders].argmax()), "bct": int(validation.argmax())}


def _reported(scores: pd.DataFrame, best: dict[int, dict[str, int]]) -> list[tuple[int, int]]:
    """Return the (subset's number, seed) whose test result is asked for: each method's choice, BT, BCT."""
    chosen = {
        int(part.groupby("number")["validation"].mean().idxmax()) for _, part in scores.groupby("method")
    }
    runs = {(number, seed) for number in chosen for seed in best}
    return sorted(runs | {(number, seed) for seed, each in best.items() for number in each.values()})


def _answers(
    chooser: HeadChooser | PairChooser, tried: dict[int, Tried], reported: list[tuple[int, int]]
) -> dict[tuple[int, int], pd.DataFrame]:
    """Return the answers on test of each (subset's number, seed) that has any."""
    if next(iter(tried.values())).frames is None:
        return dict(zip(reported, chooser.left_out(reported), strict=True))
    return {(number, seed): frame for seed, each in tried.items() for number, frame in enumerate(each.frames)}


def _timings(scores: pd.DataFrame, tried: dict[int, Tried]) -> dict[str, float]:
    """Return the training seconds, all seeds together; ``train`` is what BCT costs."""
    total = {
        f"train/{method}": float(part.groupby("seed")["seconds"].first().sum())
        for method, part in scores.groupby("method", sort=False)
    }
    single = sum(each.single for each in tried.values())
    brute_force = total["train/networks"]
    return {**total, "train/bt": single, "train/bct": brute_force, "train": brute_force}


def _choice(
    general: GeneralSettings, mean: np.ndarray, names: list[tuple[str, ...]]
) -> dict[str, str | None]:
    best = _best(mean, len(general.encoders))
    trainable = {
        name: score
        for (name, encoder), score in zip(general.encoders.items(), mean, strict=False)
        if encoder.imported is None or encoder.imported.trainable
    }
    return {
        **{approach: "+".join(names[number]) for approach, number in best.items()},
        "p_cnn": max(trainable, key=trainable.__getitem__, default=None),
    }


def _write(
    job: TransferJob, scores: pd.DataFrame, predictions: list[pd.DataFrame], choice: dict, record: Record
) -> None:
    folder = job.layout.selection(job.item.name)
    columns = ["method", "subset", "size", "validation", "test", "seconds", "seed"]
    with atomic_path(folder / "scores.parquet") as temporary:
        scores[columns].to_parquet(temporary, index=False)
    write_predictions(folder, predictions)
    write_json(folder / "choice.json", choice)
    write_record(folder / "record.json", record)
