"""The size of h_G: reconstruction and transfer at each (Figure 2), and whether the one follows the other."""

from __future__ import annotations

import numpy as np

from engram.config import GeneralSettings
from engram.core.errors import RecordError
from engram.core.records import read_record
from engram.statistics.crossed import Effect, combine, mean_effect
from engram.statistics.intervals import Scores, mean_scores
from engram.studies.general.evidence.collect import AVERAGE, GeneralEvidence
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.operators import FUSED, fused_sizes, sizes_swept

__all__ = [
    "CORRELATION",
    "LEAST_SIZES",
    "ZERO",
    "best_sizes",
    "error_and_loss",
    "mean_relative_scores",
    "method_of",
    "operators_by_size",
    "relative_scores",
]

#: The models of `error_and_loss`: the rank correlation, and what it is compared with.
CORRELATION, ZERO = "error_and_loss", "zero"
#: Fewer sizes have no order worth a correlation.
LEAST_SIZES = 3


def operators_by_size(general: GeneralSettings) -> dict[str, int]:
    """Return the operators that give h_G and the other sizes of the sweep, the smallest size first."""
    sizes = {FUSED.name: fused_sizes(general)[-1], **sizes_swept(general)}
    return dict(sorted(sizes.items(), key=lambda pair: pair[1]))


def method_of(operator: str) -> str:
    """Return the method whose heads read an operator's code."""
    return FUSED.representation if operator == FUSED.name else operator


def relative_scores(evidence: GeneralEvidence, task: str, methods: list[str]) -> Scores:
    """Return the scores of methods on a target task in percent of h_G's, more being better; paired.

    An error's score is its inverse: half of h_G's error is 200 %.
    """
    scores = evidence.scores[task]
    better = metric_of(evidence.outcomes[task].task).better
    own = scores.effect("h_g")

    def relate(value: float, reference: float) -> float:
        return 100 * (value / reference if better > 0 else reference / value)

    effects = {name: combine(relate, scores.effect(name), own) for name in methods}
    return Scores(effects, scores.confidence)


def mean_relative_scores(evidence: GeneralEvidence, methods: list[str]) -> Scores:
    """Return the mean of `relative_scores` over the targets."""
    every = [relative_scores(evidence, item.name, methods) for item in evidence.targets]
    effects = {name: mean_effect([scores.effect(name) for scores in every]) for name in methods}
    return Scores(effects, every[0].confidence)


def best_sizes(evidence: GeneralEvidence) -> dict[str, str]:
    """Return the operator of the best size for each target, chosen by its validation faces or pairs.

    The mean over seeds decides, and the smaller size of two that are equal.

    Raises
    ------
    RecordError
        If a record lacks a validation score.
    """
    names = list(operators_by_size(evidence.general))
    chosen = {}
    for item in evidence.targets:
        path = evidence.task_records[item.name, "frozen"]
        measured = read_record(path).metrics
        keys = [f"validation/{method_of(name)}" for name in names]
        lacking = [key for key in keys if key not in measured]
        if lacking:
            raise RecordError(
                f"{path}: its metrics lack '{lacking[0]}'. Delete its folder and run snakemake again."
            )
        chosen[item.name] = names[int(np.argmax([measured[key] for key in keys]))]
    return chosen


def error_and_loss(evidence: GeneralEvidence) -> Scores:
    """Return the rank correlation over sizes of reconstruction error and loss on a target; and a zero.

    Spearman's, of the mean normalised RMSE of one seed's operators and what heads on them lose, for each
    target and seed. It is 1 where every size that reconstructs worse also transfers worse. The value is the
    mean; its interval is over targets and seeds, as those of other values are over subjects and seeds.
    """
    names = list(operators_by_size(evidence.general))
    errors = np.stack([_by_seed(evidence.reconstruction[AVERAGE].effect(name)) for name in names])
    found = np.empty((errors.shape[1], len(evidence.targets)))
    for place, item in enumerate(evidence.targets):
        scores = evidence.scores[item.name]
        values = np.stack([_by_seed(scores.effect(method_of(name))) for name in names])
        losses = -metric_of(item).better * values
        for seed in range(len(found)):
            found[seed, place] = _rank_correlation(errors[:, seed], losses[:, seed])
    targets = np.array([item.name for item in evidence.targets])
    both = np.stack([found, np.zeros_like(found)])
    return mean_scores([CORRELATION, ZERO], both, targets, "targets", evidence.params.evidence.confidence)


def _by_seed(effect: Effect) -> np.ndarray:
    """Return the value of each seed, (S,)."""
    moved = sum(frame.sum(axis=0).to_numpy() for frame in effect.influence.values())
    return effect.value + np.asarray(moved)


def _rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's correlation; 0 where one of the two does not vary and nothing follows anything."""
    # The values of seeds are sums of many parts: equal ones differ by rounding.
    first, second = first.round(9), second.round(9)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    # Here, because rules import this module to plan, and this takes longer than pandas.
    from scipy.stats import spearmanr

    return float(spearmanr(first, second).statistic)
