"""What a selector is: a way to score subsets of the encoders for a task; torch-free."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engram.studies.general.selection.candidates import Candidates, Trained

__all__ = ["Selector", "SubsetScores", "timed_scores"]


@dataclass(frozen=True)
class SubsetScores:
    """A selector's scores of subsets; more is better."""

    numbers: list[int]
    """The scored subsets' positions among the candidates."""
    validation: np.ndarray
    """(S,) their scores."""
    seconds: float
    """What the selector took for one seed, all subsets together."""
    trained: Trained | None = None
    """What it trained on every subset, if it did."""


class Selector(ABC):
    """A way to score subsets. A new one is a file like `brute_force` and an entry in `selectors`."""

    name: ClassVar[str]
    """Its value in the column ``method`` of ``scores.parquet``."""
    heading: ClassVar[str]
    """Its name in tables."""
    seeded: ClassVar[bool] = False
    """Whether it depends on the seed; if not, its scores stand under the first seed alone."""
    builds_on: ClassVar[str | None] = None
    """Name of another selector whose scores it starts from."""

    @abstractmethod
    def score(
        self, candidates: Candidates, seed: int, *, top: int, earlier: Mapping[str, SubsetScores]
    ) -> SubsetScores:
        """Score the candidates.

        Parameters
        ----------
        top
            How many subsets a selector keeps that narrows the scores of another down.
        earlier
            Name of each selector that is done -> its scores with the first seed.
        """


def timed_scores(function: Callable[[], np.ndarray]) -> SubsetScores:
    """Return the scores of all subsets that a function gives, and how long it takes."""
    started = time.perf_counter()
    validation = function()
    return SubsetScores(list(range(len(validation))), validation, time.perf_counter() - started)
