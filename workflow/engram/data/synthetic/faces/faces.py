"""Everything that decides what faces look like, before a pixel is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, cast

import numpy as np

from engram.data.synthetic.faces.action_units import ACTION_UNITS
from engram.data.synthetic.faces.appearance import Appearance
from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.photos import Photos

__all__ = ["Faces"]

_COLUMNS = {number: column for column, number in enumerate(ACTION_UNITS)}


@dataclass(frozen=True)
class Faces:
    """Faces to draw, a row a picture.

    ``units`` are the intensities of the action units, (pictures, units) ``int32`` from 0 to 100 in
    the order of ``ACTION_UNITS``. The drawing functions receive a stack that went through
    :meth:`over_pixels`: each number is (pictures, 1, 1) and each colour (pictures, 3, 1, 1).
    """

    look: Look
    appearance: Appearance
    photos: Photos
    units: np.ndarray

    def take(self, rows: np.ndarray | slice) -> Self:
        """Return these rows."""
        return type(self)(self.look, self.appearance.take(rows), self.photos.take(rows), self.units[rows])

    def over_pixels(self) -> Self:
        """Return the faces shaped to meet pixels."""
        units = self.units.astype(np.int32)
        return type(self)(self.look, self.appearance.over_pixels(), self.photos.over_pixels(), units)

    def unit(self, number: int) -> np.ndarray:
        """Return the intensity of one action unit, 0 to 100, as (pictures, 1, 1)."""
        return self.units[:, _COLUMNS[number], None, None]

    def moved(self, amounts: dict[int, int]) -> np.ndarray:
        """Return the sum of what action units do; ``amounts`` are their effects at full intensity."""
        return cast(np.ndarray, sum(self.unit(number) * amount // 100 for number, amount in amounts.items()))
