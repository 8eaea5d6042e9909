"""What a selector may ask of the subsets of the encoders that it scores; torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

__all__ = ["SAMPLED", "Candidates", "Labelled", "Subset", "Trained"]

#: Training faces behind a kernel or a spectrum, at most: the cost grows with their number's cube.
SAMPLED = 1500

#: The positions of its encoders among all encoders.
Subset = Sequence[int]


@dataclass(frozen=True)
class Trained:
    """What training on some subsets gave, with one seed."""

    validation: np.ndarray
    """(S,) percent of right answers, minus percent of wrong ones, or minus an error in the task's unit."""
    predictions: list[pd.DataFrame]
    """Those of each subset on the test units."""
    seconds: float
    """Of training, all subsets together."""
    single: float
    """Of these, those of the single encoders."""


@dataclass(frozen=True)
class Labelled:
    """Training faces as a statistic of labels wants them, at most `SAMPLED`."""

    embeddings: list[np.ndarray]
    """Each encoder's embeddings, (N, d) float64, their mean over faces 0."""
    regressed: np.ndarray
    """(N, O) float32: classes as indicators, attributes as -1/2 and 1/2 (0 where unknown), or values."""
    classes: np.ndarray
    """(N, Q): classes as numbers, a column a question; a regression's values by quarters."""


class Candidates(Protocol):
    """Every subset of the encoders for one task. ``subsets`` has the single encoders first."""

    subsets: Sequence[Subset]

    def train(self, seed: int, numbers: Sequence[int] | None = None) -> Trained:
        """Solve the task with every subset, or with those whose positions are given."""

    def additive(self) -> np.ndarray:
        """Return every subset's validation score (S,) from sums of what each encoder gives alone."""

    def labelled(self) -> Labelled:
        """Return the training faces that statistics of labels are computed from."""
