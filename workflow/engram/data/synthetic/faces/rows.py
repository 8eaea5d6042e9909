"""Tables of integers: a base for records whose every field has one row a picture."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

__all__ = ["Rows"]


@dataclass(frozen=True)
class Rows:
    """A record of arrays of equal length: (rows,) for numbers, (rows, 3) for colours."""

    def take(self, rows: np.ndarray | slice) -> Self:
        """Return the record of these rows."""
        return type(self)(**{item.name: getattr(self, item.name)[rows] for item in fields(self)})

    def over_pixels(self) -> Self:
        """Return the record shaped to meet pixels: (rows, 1, 1) and (rows, 3, 1, 1), ``int32``."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return type(self)(**{name: value.astype(np.int32)[..., None, None] for name, value in values.items()})
