"""How much it flatters to choose the epoch by the test subset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import stdtrit

from engram.statistics.crossed import MIN_SEEDS, Estimate
from engram.studies.entities.collect import Evidence

__all__ = ["Flattery", "SeedMean", "flattery"]


@dataclass(frozen=True, eq=False)
class SeedMean:
    """A mean over seeds, whose interval knows of seeds alone."""

    values: np.ndarray
    """(S,) the value of each seed."""

    @property
    def value(self) -> float:
        """The mean."""
        return float(self.values.mean())

    def __mul__(self, factor: float) -> SeedMean:
        return SeedMean(factor * self.values)

    def interval(self, confidence: float = 0.95) -> Estimate:
        """Return it with Student's interval; without one below `MIN_SEEDS`."""
        seeds = len(self.values)
        if seeds < MIN_SEEDS:
            return Estimate(self.value, n_seeds=seeds)
        half = float(stdtrit(seeds - 1, (1 + confidence) / 2) * self.values.std(ddof=1) / sqrt(seeds))
        return Estimate(self.value, self.value - half, self.value + half, seeds - 1, n_seeds=seeds)


@dataclass(frozen=True, eq=False)
class Flattery:
    """One model's scores on one text's test subset, in percent, by two choices of the epoch."""

    lineage: str
    dataset: str
    epochs: int
    by_validation: np.ndarray
    """(S,) the score of the epoch that is best on validation, of each seed."""
    by_test: np.ndarray
    """(S,) the best score of any epoch."""


def flattery(evidence: Evidence) -> Iterator[Flattery]:
    """Yield both choices of every model whose scores on test were kept after each epoch, sorted by name."""
    names = sorted({name for name, _ in evidence.epochs})
    for name in names:
        tables = [evidence.epochs[name, seed] for seed in evidence.seeds]
        chosen = [evidence.training[name, seed].metrics["best_epoch"] for seed in evidence.seeds]
        for dataset in sorted(set(tables[0]["dataset"])):
            curves = [table[table["dataset"] == dataset].set_index("epoch")["score"] for table in tables]
            yield Flattery(
                name,
                dataset,
                int(max(curves[0].index)),
                np.array([100 * curve.loc[epoch] for curve, epoch in zip(curves, chosen, strict=True)]),
                np.array([100 * curve.max() for curve in curves]),
            )
