"""Simulated studies of named entities that show whether intervals of F1 cover.

Documents hold unlike numbers of entities, and F1 is a ratio of sums over them. Each trial draws documents,
two models and their seeds, and asks whether the interval of the difference of their F1, linearised as
`engram.statistics.intervals.ratio_scores` does, holds the true one. Writes its table of
``docs/statistics.md``: ``python -m engram.statistics.simulation_f1``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from engram.core.seeds import derive_seed
from engram.statistics.crossed import subject_variances
from engram.statistics.intervals import fractions, linearised
from engram.statistics.simulation import (
    PAGE,
    TRIALS,
    Study,
    coverage,
    half_widths,
    percent,
    random_effects,
    range_of,
    spreads,
    write_page,
)

__all__ = ["F1Cell", "f1_cells", "simulate_f1"]

DOCUMENTS, SEEDS, FRACTIONS = (5, 10, 30, 300), (3, 5, 10), (0.0, 0.5, 0.9)
EFFECTS = (0.0, 0.05, 0.1)
#: Entities of a document: the same number in each, or gamma distributed with these shapes. "Uneven" are those
#: of published test subsets (standard deviation 0.6 of the mean); "skewed" ones are beyond them (1.0).
SIZES = {"even": None, "uneven": 3.0, "skewed": 1.0}
MEAN_SIZE = 15
#: Recall without effects, and found entities that are wrong for each true one.
RECALL, SPURIOUS = 0.7, 0.25


@dataclass(frozen=True)
class F1Cell:
    """One kind of study."""

    documents: int
    seeds: int
    fraction: float
    """The seeds' part of the variance of the mean."""
    sizes: str
    effect: float
    """Difference of the two models' recall."""


def f1_cells() -> Iterator[F1Cell]:
    """Yield every kind of study of the grid."""
    for values in product(DOCUMENTS, SEEDS, FRACTIONS, SIZES, EFFECTS):
        yield F1Cell(*values)


def simulate_f1(cell: F1Cell, trials: int = TRIALS) -> Study:
    """Draw trials of a kind of study. The same cell draws the same trials."""
    random = np.random.default_rng(derive_seed("simulation of F1", repr(cell)))
    of_documents, of_seeds = spreads(cell.documents, cell.seeds, cell.fraction)
    truth = _sizes(random, cell, trials)
    effects = random_effects(random, of_documents, (trials, 1, cell.documents))
    # What documents and seeds do to the difference of two models; half of it to each.
    half = (effects + random_effects(random, of_seeds, (trials, cell.seeds, 1))) / 2
    recalls = RECALL + cell.effect / 2 + half, RECALL - cell.effect / 2 - half
    values, cells, weights = zip(*(_answers(random, truth, recall) for recall in recalls), strict=True)
    moved, heavier = cells[0] - cells[1], np.maximum(*weights)
    by_document, rest, freedom = subject_variances(moved, heavier / heavier.sum(axis=1, keepdims=True))
    seeds = (moved.sum(axis=2) ** 2).sum(axis=1) / (cell.seeds * (cell.seeds - 1))
    return Study(
        values[0] - values[1],
        (by_document, seeds, rest),
        (freedom, cell.seeds - 1),
        _true_difference(cell, of_seeds),
    )


def _sizes(random: np.random.Generator, cell: F1Cell, trials: int) -> np.ndarray:
    """Return how many true entities documents have, (T, 1, I)."""
    shape = (trials, 1, cell.documents)
    spread = SIZES[cell.sizes]
    if spread is None:
        return np.full(shape, MEAN_SIZE)
    return 1 + random.poisson(random.gamma(spread, (MEAN_SIZE - 1) / spread, shape))


def _answers(
    random: np.random.Generator, truth: np.ndarray, recall: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the F1 of a model (T,), its influence (T, J, I) and weights (T, I), from drawn answers."""
    right = random.binomial(truth, recall)
    wrong = random.poisson(SPURIOUS * np.broadcast_to(truth, right.shape))
    sizes = np.asarray(truth + right + wrong, np.float64)
    return *linearised(2.0 * right, sizes), fractions(sizes)


def _true_difference(cell: F1Cell, spread: float) -> float:
    """Return the difference of the two models' F1 over all documents and seeds.

    Documents' own effects cancel in both sums. Those of seeds do not quite, F1 being curved in recall: their
    mean is taken over a great many.
    """
    half = random_effects(np.random.default_rng(0), spread, (100_000,)) / 2
    both = RECALL + cell.effect / 2 + half, RECALL - cell.effect / 2 - half
    left, right = ((2 * recall / (1 + recall + SPURIOUS)).mean() for recall in both)
    return float(left - right)


def _page(trials: int = TRIALS) -> str:
    rows = []
    for cell in f1_cells():
        study = simulate_f1(cell, trials)
        half = half_widths(study, "own quantiles")
        found = {"coverage": coverage(study), "power": float((study.value - half > 0).mean())}
        rows.append({**vars(cell), **found, "width": float(2 * half.mean())})
    lines = [
        "| documents | seeds | entities a document | lowest coverage | highest | power at 10 points "
        "of recall | mean width |",
        "|:-:|:-:|---|:-:|:-:|:-:|:-:|",
    ]
    for (documents, seeds, sizes), group in pd.DataFrame(rows).groupby(["documents", "seeds", "sizes"]):
        power = group.loc[group["effect"] == EFFECTS[-1], "power"]
        width = 100 * group["width"]
        lines.append(
            f"| {documents} | {seeds} | {sizes} | {percent(group['coverage'].min())} | "
            f"{percent(group['coverage'].max())} | {range_of(power.min(), power.max())} | "
            f"{width.min():.1f} to {width.max():.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    write_page(PAGE, {"f1": _page()})
