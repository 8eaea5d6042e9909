"""Accuracy, area under the ROC curve and accept rates of every method that verifies pairs of faces."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from engram.statistics.crossed import Effect
from engram.statistics.verification import area_under_curve, curve, pseudo_values, true_accept_rate
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.outcomes import PairScores
from engram.studies.general.methods import HEADINGS
from engram.studies.general.task_plan import GeneralTask

__all__ = ["MEASURES", "mean_curve", "verification_effects", "verified_tasks"]

#: False accept rates at which the true accept rate is measured.
RATES = {"tar_2": 1e-2, "tar_3": 1e-3}
#: Every measure and its heading, in the order of tables.
MEASURES = {
    "accuracy": "accuracy",
    "auc": "AUC",
    "tar_2": "TAR at FAR 1e-2",
    "tar_3": "TAR at FAR 1e-3",
}


def verified_tasks(evidence: GeneralEvidence) -> list[GeneralTask]:
    """Return the tasks that are solved by pairs, targets first."""
    return [item for item in (*evidence.targets, *evidence.sources) if item.protocol == "pairs"]


def verification_effects(evidence: GeneralEvidence, item: GeneralTask) -> dict[str, dict[str, Effect]]:
    """Return each measure of each method of tables in percent: measure -> method -> its value and spread.

    A rate is left out where the pairs of different subjects are too few for a single one to be accepted
    at it. A subject stands in one fold, so the folds take the place of subjects: the influence of each is
    that of the jackknife.
    """
    pairs = evidence.pair_scores(item)
    different = int((~pairs.same).sum())
    methods = [name for name in pairs.methods if name in HEADINGS]
    statistics: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {"auc": area_under_curve}
    for name, rate in RATES.items():
        if different * rate >= 1:
            statistics[name] = partial(true_accept_rate, rate=rate)
    accuracy = {method: evidence.scores[item.name].effect(method) for method in methods}
    return {"accuracy": accuracy} | {
        name: {
            method: _effect(statistic, pairs, pairs.methods.index(method), item.dataset) for method in methods
        }
        for name, statistic in statistics.items()
    }


def _effect(
    statistic: Callable[[np.ndarray, np.ndarray], float], pairs: PairScores, place: int, population: str
) -> Effect:
    """Return the statistic's mean over seeds, with what each fold contributes to each seed's value."""
    folds = np.unique(pairs.fold)
    values = [statistic(similarity, pairs.same) for similarity in pairs.similarity[place]]
    value = float(np.mean(values))
    # Folds x seeds.
    found = np.stack(
        [pseudo_values(statistic, each, pairs.same, pairs.fold) for each in pairs.similarity[place]], axis=1
    )
    # The jackknife's own mean differs from the value by its estimate of the bias; a spread has none.
    spread = found - found.mean(axis=0) + (np.array(values) - value)
    influence = pd.DataFrame(100 * spread / len(folds), index=[f"fold-{number:02d}" for number in folds])
    return Effect(100 * value, {population: influence})


def mean_curve(pairs: PairScores, method: str, rates: np.ndarray) -> np.ndarray:
    """Return the true accept rate of a method at false accept rates, the mean over seeds, in percent."""
    place = pairs.methods.index(method)
    found = []
    for similarity in pairs.similarity[place]:
        false, true = curve(similarity, pairs.same)
        # The largest true accept rate of the thresholds that accept no more than a rate.
        found.append(true[np.searchsorted(false, rates, side="right") - 1])
    return 100 * np.mean(found, axis=0)
