"""Intervals of means over subjects and seeds, taken as crossed random effects.

Images of one subject are not independent, and a training run is random too. Every seed's model sees
every subject, so the two effects are crossed: the value of seed j on subject i is
``mean + subject_i + seed_j + rest_ij``. With the unbiased variances of the mean of the subjects' means
(V_subjects), of the mean of the seeds' means (V_seeds) and of what neither explains (V_rest), which the
first two both contain, the interval's half width is

    sqrt(t(I - 1)^2 max(V_subjects - V_rest, 0) + t(J - 1)^2 V_seeds)

for I subjects and J seeds: each component is stretched by Student's quantile for its own number of
values. Where a value is a ratio of sums, a subject that holds much of the denominator pulls the value
towards itself: its residual is inflated for that, and the subjects count for fewer degrees of freedom
(`subject_variances`). ``docs/statistics.md`` holds the coverage of this and of other estimators;
`simulation` and `simulation_f1` make it.

Everything is linearised (the delta method): an `Effect` keeps how much each subject's answers to each
seed's model move its value, so that differences, means over data sets and smooth functions of effects
are effects as well, paired where they share subjects or seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd

from engram.core.errors import PredictionsError

__all__ = [
    "MIN_SEEDS",
    "MIN_SUBJECTS",
    "Effect",
    "Estimate",
    "combine",
    "half_width",
    "mean_effect",
    "subject_variances",
]

#: Below so many subjects, or seeds, there is no interval.
MIN_SUBJECTS = 5
MIN_SEEDS = 3


@dataclass(frozen=True)
class Estimate:
    """A value with the ends of its interval, in the value's unit; NaN ends where there is no interval."""

    value: float
    low: float = nan
    high: float = nan
    degrees_of_freedom: float = nan
    """How well the spread is known: Satterthwaite's, between those of subjects and those of seeds."""
    n_subjects: int = 0
    n_seeds: int = 0

    def within(self, low: float, high: float) -> Estimate:
        """Return it with the part of the interval that lies in the measure's range; that covers as often."""
        return replace(self, low=max(self.low, low), high=min(self.high, high))


@dataclass(frozen=True, eq=False)
class Effect:
    """A value with what each subject and each seed contributes to it."""

    value: float
    influence: Mapping[str, pd.DataFrame]
    """Population (data set) -> subjects x seeds: how far their answers move the value. The value moves by
    the sum over subjects of the mean over seeds, and the sum over all is 0."""
    weights: Mapping[str, pd.Series] = field(default_factory=dict)
    """Population -> subject -> its fraction of the denominator that the value is a ratio to. Subjects of a
    population that is left out weigh the same."""

    @property
    def n_subjects(self) -> int:
        """How many subjects the value rests on, in all populations together."""
        return sum(len(frame) for frame in self.influence.values())

    @property
    def n_seeds(self) -> int:
        """How many training seeds the value is a mean over."""
        return next((frame.shape[1] for frame in self.influence.values()), 0)

    def __add__(self, other: Effect) -> Effect:
        influence = _added(self.influence, other.influence)
        return Effect(self.value + other.value, influence, _heavier(self.weights, other.weights))

    def __mul__(self, factor: float) -> Effect:
        scaled = {name: factor * frame for name, frame in self.influence.items()}
        return Effect(factor * self.value, scaled, self.weights)

    def __sub__(self, other: Effect) -> Effect:
        return self + other * -1.0

    def interval(self, confidence: float = 0.95) -> Estimate:
        """Return the value with its interval; without one below `MIN_SUBJECTS` or `MIN_SEEDS`."""
        numbers = (self.n_subjects, self.n_seeds)
        if not self._has_interval:
            return Estimate(self.value, nan, nan, nan, *numbers)
        subjects, seeds, subject_freedom = self._variances
        freedom = (subject_freedom, self.n_seeds - 1)
        half = float(half_width(subjects, seeds, freedom, confidence))
        return Estimate(
            self.value,
            self.value - half,
            self.value + half,
            _satterthwaite((subjects, seeds), freedom),
            *numbers,
        )

    @property
    def _has_interval(self) -> bool:
        populations = [len(frame) for frame in self.influence.values()]
        return (
            sum(populations) >= MIN_SUBJECTS
            and min(populations) >= 2
            and all(self._weights(name).max() < 1 for name in self.influence)
            and self.n_seeds >= MIN_SEEDS
            and isfinite(self.value)
        )

    @cached_property
    def _variances(self) -> tuple[float, float, float]:
        """Return the variances due to subjects (beyond the rest) and to seeds, and the former's freedom.

        Subjects are nested in populations, whose variances add up; the seeds are those of all.
        """
        of_seeds = np.zeros(self.n_seeds)
        of_subjects, rest, freedoms = [], 0.0, []
        for name, frame in self.influence.items():
            cells = frame.to_numpy().T  # (J, I)
            subjects, beyond, freedom = subject_variances(cells, self._weights(name))
            of_subjects.append(float(subjects))
            rest += float(beyond)
            of_seeds += cells.sum(axis=1)
            freedoms.append(float(freedom))
        variance_of_seeds = float((of_seeds**2).sum() / (self.n_seeds * (self.n_seeds - 1)))
        return max(sum(of_subjects) - rest, 0.0), variance_of_seeds, _satterthwaite(of_subjects, freedoms)

    def _weights(self, population: str) -> np.ndarray:
        """Return what each subject of a population weighs (I,); together 1."""
        names = self.influence[population].index
        if population not in self.weights:
            return np.full(len(names), 1 / len(names))
        weights = self.weights[population].reindex(names, fill_value=0.0).to_numpy()
        return weights / weights.sum()


def subject_variances(cells: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the variance of a ratio by subjects, that of what neither explains, and the former's freedom.

    The residual of a subject that weighs w is a part 1 - w of what it would be if the subject did not pull
    the ratio towards itself; squares are divided by that (CR2 of Bell and McCaffrey 2002; HC2 of MacKinnon
    and White 1985). The degrees of freedom are those of their sum for subjects that differ alike, each in
    its own ratio: I - 1 where all weigh the same, and fewer where a few weigh most.

    Parameters
    ----------
    cells
        (..., J, I) how far each subject's answers to each seed's model move the value.
    weights
        (..., I) the subjects' fractions of the denominator, together 1 and each below 1.
    """
    seeds = cells.shape[-2]
    pulled = 1 - weights
    by_subject, by_seed = cells.mean(axis=-2), cells.sum(axis=-1)
    residual = cells - by_subject[..., None, :] - by_seed[..., :, None] * weights[..., None, :]
    rest = ((residual**2).sum(axis=-2) / pulled).sum(axis=-1) / ((seeds - 1) * seeds)
    return (by_subject**2 / pulled).sum(axis=-1), rest, _subject_freedom(weights)


def _subject_freedom(weights: np.ndarray) -> np.ndarray:
    """Return tr(M)^2 / tr(M^2), where e'Me is the variance by subjects whose own ratios differ by e.

    M is (I - w 1') diag(own) (I - 1 w'), which is never built: it has as many rows as there are subjects.
    """
    own = weights**2 / (1 - weights)
    total, squares, crossed, heavy = (
        value.sum(axis=-1) for value in (own, own**2, own * weights, weights**2)
    )
    trace = total - 2 * crossed + total * heavy
    diagonal = squares + 2 * (own * (total[..., None] * weights**2 - 2 * own * weights)).sum(axis=-1)
    others = 2 * squares * heavy + 2 * crossed**2 - 4 * total * crossed * heavy + (total * heavy) ** 2
    return trace**2 / (diagonal + others)


def half_width(subjects: Any, seeds: Any, freedom: tuple[Any, Any], confidence: float) -> Any:
    """Return the half width of an interval, each component with Student's quantile of its own.

    Parameters
    ----------
    subjects, seeds
        The variances of the mean by subjects, beyond the rest, and by seeds: numbers, or arrays of one shape.
    freedom
        Degrees of freedom of the two, each a number or such an array.
    """
    # Not above: every job and every plan reads this module, and few of them compute an interval.
    from scipy.special import stdtrit

    first, second = (stdtrit(number, (1 + confidence) / 2) for number in freedom)
    return np.sqrt(first**2 * subjects + second**2 * seeds)


def combine(function: Callable[..., float], *effects: Effect) -> Effect:
    """Return a smooth function of the values of effects as an effect (the delta method)."""
    values = [effect.value for effect in effects]
    influence: Mapping[str, pd.DataFrame] = {}
    weights: Mapping[str, pd.Series] = {}
    for place, effect in enumerate(effects):
        slope = _slope(function, values, place)
        influence = _added(influence, (effect * slope).influence)
        weights = _heavier(weights, effect.weights)
    return Effect(float(function(*values)), influence, weights)


def mean_effect(effects: Sequence[Effect]) -> Effect:
    """Return the mean of effects: paired where they share subjects or seeds, else independent."""
    total = effects[0]
    for effect in effects[1:]:
        total += effect
    return total * (1 / len(effects))


def _slope(function: Callable[..., float], values: list[float], place: int) -> float:
    """Return the derivative by one argument, from a central difference."""
    step = 1e-6 * max(abs(values[place]), 1e-3)
    moved = [function(*values[:place], values[place] + sign * step, *values[place + 1 :]) for sign in (1, -1)]
    return float(moved[0] - moved[1]) / (2 * step)


def _added(
    first: Mapping[str, pd.DataFrame], second: Mapping[str, pd.DataFrame]
) -> Mapping[str, pd.DataFrame]:
    """Add what subjects contribute; one that only one side has seen contributes nothing to the other."""
    added = dict(first)
    for name, frame in second.items():
        if name in added and list(added[name].columns) != list(frame.columns):
            raise PredictionsError(
                f"data set '{name}': values of seeds {list(added[name].columns)} are compared with values of "
                f"seeds {list(frame.columns)}. Use the same seeds for both."
            )
        added[name] = added[name].add(frame, fill_value=0.0) if name in added else frame
    if len({frame.shape[1] for frame in added.values()}) > 1:
        raise PredictionsError("values of different numbers of seeds are compared. Use the same seeds.")
    return added


def _heavier(first: Mapping[str, pd.Series], second: Mapping[str, pd.Series]) -> Mapping[str, pd.Series]:
    """Return what subjects weigh in a sum of two effects: as much as where they weigh more."""
    merged = dict(first)
    for name, weights in second.items():
        other = merged.get(name, weights)
        if not weights.index.equals(other.index):
            names = weights.index.union(other.index)
            weights, other = (one.reindex(names, fill_value=0.0) for one in (weights, other))
        merged[name] = pd.Series(np.maximum(weights, other), index=weights.index)
    return merged


def _satterthwaite(variances: Sequence[float], freedoms: Sequence[float]) -> float:
    """Return the degrees of freedom of a sum of independent variances (Satterthwaite 1946)."""
    spread = sum(variance**2 / freedom for variance, freedom in zip(variances, freedoms, strict=True))
    return sum(variances) ** 2 / spread if spread > 0 else float(min(freedoms))
