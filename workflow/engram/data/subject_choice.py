"""The choice of whole subjects: which subjects go into which subset.

Sizes come nearest to what is asked, and classes are as evenly shared as whole subjects allow.
A plan's cost is quadratic in the subsets' counts, so the gain of moving one subject, or of
exchanging two, has a closed form and all of them are weighed at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

__all__ = ["choose_folds", "choose_subsets"]

#: How much a subset's size counts against its classes.
SIZE_WEIGHT = 30.0
#: Random beginnings; the best outcome is kept.
BEGINNINGS = 24
#: Above this number subjects are no longer exchanged: with so many, moves alone come near.
EXCHANGE_LIMIT = 1000


def choose_subsets(
    counts: np.ndarray, shares: np.ndarray, seed: int, size_weight: float = SIZE_WEIGHT
) -> np.ndarray:
    """Return the subset of every subject, int64 of shape (S,).

    Parameters
    ----------
    counts
        Images a subject and class, of shape (S, C).
    shares
        Fraction of the images for each subset, of shape (K,), summing to one; S >= K. The first is training.
    seed
        Seed of the beginnings.
    size_weight
        How much sizes count against classes.

    Notes
    -----
    No subset stays empty. A subject who alone has a class stays in training; among plans, one
    whose training subset has every class goes before any that has not.
    """
    return _best_plan(_Problem.make(counts, shares, size_weight), seed)


def choose_folds(counts: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return the fold that tests each subject, from 0, int64 of shape (S,).

    Folds are as large as each other, and classes as evenly shared, as whole subjects allow. Among plans, one
    in which no fold has a class to itself goes first.

    Parameters
    ----------
    counts
        Images a subject and class, of shape (S, C).
    folds
        How many; at most S, of which each is a fold then.
    seed
        Seed of the beginnings.
    """
    if folds == len(counts):
        return np.arange(folds)
    return _best_plan(_Folds.make(counts, np.full(folds, 1 / folds), SIZE_WEIGHT), seed)


def _best_plan(problem: _Problem, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    beginnings = max(
        2, min(BEGINNINGS, 3000 // len(problem.counts))
    )  # with many subjects all come near the best
    plans = [problem.improved(problem.beginning(rng)) for _ in range(beginnings)]
    return min(plans, key=lambda plan: (problem.absent(plan), round(problem.cost(plan), 9)))


@dataclass(frozen=True)
class _Problem:
    """Counts with the size as a last column, what each subset should have, and the columns' weights."""

    counts: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    pinned: np.ndarray

    @classmethod
    def make(cls, counts: np.ndarray, shares: np.ndarray, size_weight: float) -> Self:
        counts = counts.astype(np.float64)[:, counts.sum(axis=0) > 0]
        pinned = cls.pins(counts)
        weights = np.append(1 / counts.sum(axis=0), size_weight / counts.sum())
        columns = np.column_stack([counts, counts.sum(axis=1)])
        return cls(columns, shares[:, None] * columns.sum(axis=0), weights, pinned)

    @staticmethod
    def pins(counts: np.ndarray) -> np.ndarray:
        """Return which subjects stay in training: those who alone have a class."""
        alone = (counts > 0).sum(axis=0) == 1
        return np.any(counts[:, alone] > 0, axis=1)

    def excess(self, plan: np.ndarray) -> np.ndarray:
        """Return what each subset has too much, of shape (K, C + 1)."""
        has = np.zeros_like(self.targets)
        np.add.at(has, plan, self.counts)
        return has - self.targets

    def cost(self, plan: np.ndarray) -> float:
        return float((self.excess(plan) ** 2 @ self.weights).sum())

    def absent(self, plan: np.ndarray) -> int:
        """Return how many classes training lacks."""
        return int((self.counts[plan == 0].sum(axis=0) == 0).sum())

    def beginning(self, rng: np.random.Generator) -> np.ndarray:
        """Deal the subjects out in random order, each to the subset with the most room."""
        plan = np.zeros(len(self.counts), dtype=np.int64)
        room = self.targets[:, -1].copy()
        room[0] -= self.counts[self.pinned, -1].sum()
        order = rng.permutation(np.flatnonzero(~self.pinned))
        for place, subject in enumerate(order):
            # One each for the others first: no subset may stay empty.
            others = len(room) - 1
            plan[subject] = place + 1 if place < others else np.argmax(room)
            room[plan[subject]] -= self.counts[subject, -1]
        return plan

    def improved(self, plan: np.ndarray) -> np.ndarray:
        """Take the best move, or where none helps the best exchange, until neither lowers the cost."""
        for _ in range(4 * len(plan) + 100):
            gain, changes = self._best_move(plan)
            if gain > -1e-9 and len(plan) <= EXCHANGE_LIMIT:
                gain, changes = self._best_exchange(plan)
            if gain > -1e-9:
                break
            for subject, subset in changes:
                plan[subject] = subset
        return plan

    def _best_move(self, plan: np.ndarray) -> tuple[float, list[tuple[int, int]]]:
        slopes = 2 * (self.counts * self.weights) @ self.excess(plan).T
        own = 2 * (self.counts**2 @ self.weights)
        gains = slopes - slopes[np.arange(len(plan)), plan][:, None] + own[:, None]
        sizes = np.bincount(plan, minlength=len(self.targets))
        stays = self.pinned | (sizes[plan] == 1)
        gains[stays] = np.inf
        gains[np.arange(len(plan)), plan] = np.inf
        subject, subset = np.unravel_index(np.argmin(gains), gains.shape)
        return float(gains[subject, subset]), [(int(subject), int(subset))]

    def _best_exchange(self, plan: np.ndarray) -> tuple[float, list[tuple[int, int]]]:
        weighted = self.counts * self.weights
        slopes = 2 * weighted @ self.excess(plan).T
        gram = 2 * weighted @ self.counts.T
        own = np.diag(gram)
        to = slopes[:, plan]  # to[i, j]: the slope of taking i to j's subset
        here = slopes[np.arange(len(plan)), plan]
        gains = to + to.T - here[:, None] - here[None, :] + own[:, None] + own[None, :] - 2 * gram
        barred = self.pinned[:, None] | self.pinned[None, :] | (plan[:, None] == plan[None, :])
        gains[barred] = np.inf
        first, second = np.unravel_index(np.argmin(gains), gains.shape)
        return float(gains[first, second]), [(int(first), int(plan[second])), (int(second), int(plan[first]))]


class _Folds(_Problem):
    """The same where every subset is tested by what the others train."""

    @staticmethod
    def pins(counts: np.ndarray) -> np.ndarray:
        return np.zeros(len(counts), dtype=bool)

    def absent(self, plan: np.ndarray) -> int:
        """Return how many classes the rest of a fold lacks, all folds together."""
        has = self.excess(plan) + self.targets
        return int((has.sum(axis=0) - has < 0.5).sum())
