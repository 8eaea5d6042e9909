"""Labelled faces of one or several data sets, read from their stores when a batch needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engram.config import AugmentSettings
from engram.core.arrays import Faces
from engram.core.errors import TrainingError
from engram.core.labels import CLASSES
from engram.data.images.store import FaceStore
from engram.data.splitting import Split
from engram.training.feeding import FaceFeed

__all__ = ["Part", "Subset", "labelled_part"]


@dataclass(frozen=True)
class Part:
    """Rows of one data set's stored faces, with the positions of their classes.

    ``faces`` is (N, H, W, C) uint8, memory-mapped or decoded: what is not asked for is not loaded.
    """

    faces: Faces
    rows: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def fraction(self, fraction: float, rng: np.random.Generator) -> Part:
        """Return a random ``fraction`` (0 to 1) of the rows, at least one."""
        count = max(1, round(len(self.rows) * fraction))
        chosen = np.sort(rng.permutation(len(self.rows))[:count])
        return Part(self.faces, self.rows[chosen], self.labels[chosen])


class Subset:
    """Several parts behind one another, indexed as one."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = [part for part in parts if len(part.rows)]
        if not self._parts:
            raise TrainingError(
                "a subset has no face with a label. Look at the split and the detection table."
            )
        self.labels = np.concatenate([part.labels for part in self._parts])
        self._part = np.repeat(np.arange(len(self._parts)), [len(part.rows) for part in self._parts])
        self._row = np.concatenate([part.rows for part in self._parts])

    def __len__(self) -> int:
        return len(self.labels)

    def feed(self, batch_size: int = 1, settings: AugmentSettings | None = None) -> FaceFeed:
        """Return what a training goes through; of faces that are given smaller, shifts are smaller too."""
        return FaceFeed.of(self.faces, len(self), self._parts[0].faces, batch_size, settings)

    def faces(self, positions: np.ndarray) -> np.ndarray:
        """Return the faces at ``positions`` (B,) as (B, H, W, C) uint8."""
        first = self._parts[0].faces
        gathered = np.empty((len(positions), *first.shape[1:]), np.uint8)
        owner = self._part[positions]
        for number, part in enumerate(self._parts):
            mine = owner == number
            gathered[mine] = part.faces[self._row[positions[mine]]]
        return gathered


def labelled_part(store: FaceStore, split: Split, task: str, subset: str, percent: int = 100) -> Part:
    """Return a subset's detected faces that have a label of ``task``.

    An undetected face teaches nothing; it counts as wrong in evaluation.
    """
    rows = split.rows(subset, percent)
    index = store.index.iloc[rows]
    usable = index["detected"].to_numpy(bool) & index[task].notna().to_numpy()
    position = {name: number for number, name in enumerate(CLASSES[task])}
    labels = index[task][usable].map(position).to_numpy(np.int64)
    return Part(store.faces, np.asarray(rows)[usable], labels)
