"""Integer random numbers that never change: one frozen stream for each drawn property.

Each property has a stream of its own, seeded by its name. So a new property, or
another range of an old one, leaves what all others draw as it was.
"""

from __future__ import annotations

import hashlib

import numpy as np

__all__ = ["Streams"]


class Streams:
    """Draws integers by name for one seed and one data set.

    NumPy promises that the streams of ``RandomState`` stay as they are. The integer
    type is named at each call because the stream depends on it.
    """

    def __init__(self, seed: int, look: str) -> None:
        self._prefix = f"{look}/{seed}/"

    def integers(self, name: str, low: int, high: int, shape: int | tuple[int, ...]) -> np.ndarray:
        """Return ``int32`` numbers from ``low`` to ``high``, both included."""
        digest = hashlib.sha256((self._prefix + name).encode()).digest()
        state = np.random.RandomState(int.from_bytes(digest[:4], "big"))
        return state.randint(low, high + 1, size=shape, dtype=np.int32)

    def bell(self, name: str, low: int, high: int, shape: int | tuple[int, ...]) -> np.ndarray:
        """Return numbers from ``low`` to ``high`` that crowd in the middle: the mean of three draws."""
        size = (3, shape) if isinstance(shape, int) else (3, *shape)
        return self.integers(name, low, high, size).sum(axis=0, dtype=np.int32) // 3

    def chance(self, name: str, per_mille: int, shape: int | tuple[int, ...]) -> np.ndarray:
        """Return 1 with a chance of ``per_mille`` in a thousand, else 0."""
        return (self.integers(name, 0, 999, shape) < per_mille).astype(np.int32)

    def choice(self, name: str, table: tuple, shape: int | tuple[int, ...]) -> np.ndarray:
        """Return rows of ``table`` (numbers, or rows of numbers), each equally often."""
        return np.array(table, dtype=np.int32)[self.integers(name, 0, len(table) - 1, shape)]
