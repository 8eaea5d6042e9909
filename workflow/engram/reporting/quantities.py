"""What the columns of a table are: keys that name a row, and quantities with or without an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

__all__ = ["Quantity", "key_columns", "quantities"]


@dataclass(frozen=True)
class Quantity:
    """A column of numbers, and the two columns of its interval if it has one."""

    name: str
    low: str = ""
    high: str = ""

    @property
    def columns(self) -> list[str]:
        """The columns that it is written in."""
        return [name for name in (self.name, self.low, self.high) if name]


def key_columns(frame: pd.DataFrame, keys: Sequence[str] = ()) -> list[str]:
    """Return the columns that name a row: those of ``keys`` that are there, else all columns of words."""
    chosen = [name for name in keys if name in frame]
    return chosen or [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]


def quantities(frame: pd.DataFrame, keys: Sequence[str]) -> list[Quantity]:
    """Return the columns of numbers that are no keys, in their order.

    The ends of an interval are named ``<name>_low`` and ``<name>_high``, or ``low`` and ``high`` right behind
    the value.
    """
    names = [name for name in frame if name not in keys and pd.api.types.is_numeric_dtype(frame[name])]
    found, ends = [], set()
    for place, name in enumerate(names):
        if name in ends:
            continue
        pair = (f"{name}_low", f"{name}_high")
        if not set(pair) <= set(names):
            pair = ("low", "high") if names[place + 1 : place + 3] == ["low", "high"] else ("", "")
        ends |= set(pair)
        found.append(Quantity(name, *pair))
    return found
