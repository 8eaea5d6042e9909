"""The metric of several models on one data set, and the intervals of their values and differences.

Every model of a data set is judged on the same subjects, and seed s of a child started from seed s of
its parent: differences are paired by both. `engram.statistics.crossed` says how intervals are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
import pandas as pd

from engram.core.errors import PredictionsError
from engram.statistics.crossed import Effect, Estimate, combine
from engram.statistics.predictions import Predictions

__all__ = [
    "PERCENT",
    "Estimate",
    "Scores",
    "accuracy_scores",
    "fractions",
    "linearised",
    "mean_scores",
    "ratio_scores",
    "summed_scores",
    "sums_by_subject",
]

#: The range of accuracies, rates and F1.
PERCENT = (0.0, 100.0)


@dataclass(frozen=True, eq=False)
class Scores:
    """The metric of models on the same test units."""

    effects: dict[str, Effect]
    """Model (lineage or method) -> its value in the metric's unit, percent for accuracies."""
    confidence: float = 0.95
    """Of the intervals."""
    by_subject: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Subjects x models: the sum over units of the mean over seeds, or each subject's own ratio, to count on
    whom models differ."""
    bounds: tuple[float, float] = (-inf, inf)
    """The metric's range, which intervals of values keep to."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models' names."""
        return tuple(self.effects)

    def __contains__(self, lineage: str) -> bool:
        return lineage in self.effects

    def effect(self, lineage: str) -> Effect:
        """Return a model's value with what each subject and seed contributes.

        Raises
        ------
        PredictionsError
            If the model has no predictions on this data set.
        """
        if lineage not in self.effects:
            raise PredictionsError(
                f"there are no predictions of model '{lineage}' here; known: {self.models}"
            )
        return self.effects[lineage]

    def of(self, lineage: str) -> Estimate:
        """Return a model's value and interval."""
        return self.effect(lineage).interval(self.confidence).within(*self.bounds)

    def difference(self, minuend: str, subtrahend: str) -> Estimate:
        """Return the first model's value minus the second's, paired."""
        return (self.effect(minuend) - self.effect(subtrahend)).interval(self.confidence)

    def contrast(self, best_of: Sequence[str], subtrahend: str) -> Estimate:
        """Return the highest of some models' values minus another's, paired.

        The highest is taken as given: the interval does not know that it was chosen by these values.
        """
        return self.difference(max(best_of, key=lambda name: self.effect(name).value), subtrahend)

    def compare(self, left: str, right: str, difference: Callable[[float, float], float]) -> Estimate:
        """Return ``difference(left, right)``, a smooth function of two models' values; paired."""
        return combine(difference, self.effect(left), self.effect(right)).interval(self.confidence)

    def map(self, function: Callable[[float], float], bounds: tuple[float, float] = (-inf, inf)) -> Scores:
        """Return the scores with a smooth function, whose range is ``bounds``, applied to every value."""
        mapped = {name: combine(function, effect) for name, effect in self.effects.items()}
        return Scores(mapped, self.confidence, self.by_subject, bounds)

    def subjects(self, left: str, right: str) -> tuple[int, int, int]:
        """Return how many subjects there are, and on how many the first model's value is higher, or lower."""
        gain = self.by_subject[left] - self.by_subject[right]
        return len(gain), int((gain > 0).sum()), int((gain < 0).sum())


def accuracy_scores(predictions: Predictions, confidence: float = 0.95) -> Scores:
    """Return the accuracy, in percent, of every model on a data set; see `mean_scores`."""
    return mean_scores(
        predictions.models,
        predictions.correct,
        predictions.subjects,
        predictions.dataset,
        confidence,
        scale=100.0,
        bounds=PERCENT,
    )


def mean_scores(
    models: Sequence[str],
    values: np.ndarray,
    subjects: np.ndarray,
    population: str,
    confidence: float = 0.95,
    scale: float = 1.0,
    bounds: tuple[float, float] = (-inf, inf),
) -> Scores:
    """Return the mean of every model's values over test units and seeds.

    Parameters
    ----------
    models
        Names of M models: lineages, or methods.
    values
        (M, S, N) the value of each model's seed on each test unit: right or wrong, an error, ...
    subjects
        (N,) the subject of each unit. A subject weighs as much as it has units.
    population
        Where the subjects are from: subjects of the same name in the same population are the same.
    confidence
        Of the intervals.
    scale
        What every mean is multiplied by.
    bounds
        The range of such a mean.
    """
    names, counts = np.unique(subjects, return_counts=True)
    sums = sums_by_subject(scale * np.asarray(values, np.float64), subjects)
    return summed_scores(models, sums, names, counts, population, confidence, bounds)


def summed_scores(
    models: Sequence[str],
    sums: np.ndarray,
    names: np.ndarray,
    counts: np.ndarray,
    population: str,
    confidence: float = 0.95,
    bounds: tuple[float, float] = (-inf, inf),
) -> Scores:
    """Return the mean of every model's values by their sums, so that the values themselves need not be held.

    Parameters
    ----------
    sums
        (M, S, I) the sum of each model's seed's values over the units of each subject.
    names
        (I,) the subjects, sorted.
    counts
        (I,) the number of each one's units.

    The other parameters are those of `mean_scores`.
    """
    effects = {
        name: _ratio_effect(names, mine, counts[None, :], population)
        for name, mine in zip(models, sums, strict=True)
    }
    by_subject = pd.DataFrame(sums.mean(axis=1).T, index=names, columns=list(models))
    return Scores(effects, confidence, by_subject, bounds)


def ratio_scores(
    models: Sequence[str],
    right: np.ndarray,
    truth: np.ndarray,
    answered: np.ndarray,
    documents: np.ndarray,
    population: str,
    confidence: float = 0.95,
) -> Scores:
    """Return the micro-F1 of every model, in percent: the mean over seeds of 2 right / (truth + answered).

    Each seed's F1 is a ratio of sums over documents, which is linearised (the delta method). With the same
    numbers as ``answered`` and ``truth`` it is recall or precision; where each unit has one true and one
    found answer it is accuracy.

    Parameters
    ----------
    models
        Names of M models.
    right
        (M, S, N) right answers of each model's seed in each unit, such as a sentence.
    truth
        True ones, in a shape that broadcasts to (M, S, N).
    answered
        All answers, in a shape that broadcasts to (M, S, N).
    documents
        (N,) the document of each unit.
    population
        Where the documents are from: documents of the same name in the same population are the same.
    confidence
        Of the intervals.

    Raises
    ------
    PredictionsError
        If a model's seed has neither true nor found answers in any unit: it has no F1.
    """
    right = np.asarray(right, np.float64)
    both = np.broadcast_to(np.asarray(truth, np.float64) + answered, right.shape)
    names = np.unique(documents)
    hits, sizes = (sums_by_subject(values, documents) for values in (200 * right, both))
    empty = np.argwhere(sizes.sum(axis=2) == 0)
    if len(empty):
        raise PredictionsError(
            f"data set '{population}': model '{models[empty[0][0]]}' found nothing in test documents that "
            "hold nothing to find. Use test documents with entities."
        )
    effects = {
        name: _ratio_effect(names, above, below, population)
        for name, above, below in zip(models, hits, sizes, strict=True)
    }
    # A document without true and found answers is a perfect one.
    perfect = np.full_like(hits, 100.0)
    each = np.divide(hits, sizes, out=perfect, where=sizes > 0).mean(axis=1)
    return Scores(effects, confidence, pd.DataFrame(each.T, index=names, columns=list(models)), PERCENT)


def sums_by_subject(values: np.ndarray, subjects: np.ndarray) -> np.ndarray:
    """Return the sums (..., I) of values (..., N) over the units of each subject, subjects sorted."""
    _, places, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    order = np.argsort(places, kind="stable")
    starts = np.r_[0, np.cumsum(counts)[:-1]]
    return np.add.reduceat(values[..., order], starts, axis=-1)


def _ratio_effect(names: np.ndarray, sums: np.ndarray, sizes: np.ndarray, population: str) -> Effect:
    """Return the mean over seeds of the ratio of sums (S, I) to sizes (S or 1, I) over all subjects."""
    value, influence = linearised(sums, sizes)
    weights = pd.Series(fractions(sizes), index=names)
    return Effect(float(value), {population: pd.DataFrame(influence.T, index=names)}, {population: weights})


def fractions(sizes: np.ndarray) -> np.ndarray:
    """Return what fraction of all sizes (..., S, I) each subject holds (..., I), the mean over seeds."""
    return (sizes / sizes.sum(axis=-1, keepdims=True)).mean(axis=-2)


def linearised(sums: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean over seeds of the ratio of sums to sizes over all subjects, and what moves it.

    Parameters
    ----------
    sums, sizes
        (..., S, I) by seed and subject; the sizes may be the same for all seeds, (..., 1, I).

    Returns
    -------
    tuple
        The value (...) and the influence (..., S, I) of each subject's answers to each seed's model.
    """
    total = sizes.sum(axis=-1)
    value = (sums.sum(axis=-1) / total).mean(axis=-1)
    return value, (sums - value[..., None, None] * sizes) / total[..., None]
