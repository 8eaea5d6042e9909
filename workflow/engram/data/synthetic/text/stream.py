"""Integer random numbers that are the same on every machine and for every version of Python."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["Stream"]

T = TypeVar("T")

_MASK = (1 << 64) - 1


class Stream:
    """Draws integers, from a state that depends on the names given and on nothing else.

    SplitMix64 (Steele, Lea and Flood 2014). Python's own `random` promises its bits, but not what
    `choice` and `shuffle` make of them.
    """

    def __init__(self, *names: object) -> None:
        digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
        self._state = int.from_bytes(digest[:8], "big")

    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound - 1``, each equally often but for one in 2**64."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((mixed ^ (mixed >> 31)) * bound) >> 64

    def between(self, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def chance(self, per_mille: int) -> bool:
        """Return True with a chance of ``per_mille`` in a thousand."""
        return self.below(1000) < per_mille

    def pick(self, items: Sequence[T]) -> T:
        """Return one of ``items``, each equally often."""
        return items[self.below(len(items))]

    def early(self, items: Sequence[T]) -> T:
        """Return one of ``items``, the first ones more often: half come from the first fifth."""
        return items[self.below(self.below(len(items)) + 1)]

    def order(self, count: int, of: int) -> list[int]:
        """Return ``count`` different numbers below ``of`` in random order."""
        order = list(range(of))
        for place in range(count):
            other = place + self.below(of - place)
            order[place], order[other] = order[other], order[place]
        return order[:count]
