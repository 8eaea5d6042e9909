"""A stack of pictures, each with the coordinates of the head that it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engram.data.synthetic.faces.fixed_point import FRAME, ONE, sine_cosine
from engram.data.synthetic.faces.photos import Photos

__all__ = ["Canvas", "Patch"]


@dataclass(frozen=True)
class Patch:
    """A window into a stack of pictures, with coordinates to draw by.

    ``pixels`` is a view, (images, 3, rows, columns), ``int32``, 16 for each of the 256 tones, so
    that many faint layers add up. ``x`` and ``y`` are (images, rows, columns) in units of length;
    ``pixel`` is a pixel's side in the same units, (images, 1, 1).
    """

    pixels: np.ndarray
    x: np.ndarray
    y: np.ndarray
    pixel: np.ndarray

    def paint(self, coverage: np.ndarray, colour: np.ndarray) -> None:
        """Lay ``colour``, (images, 3, 1, 1), over the pixels by their ``coverage``."""
        pixels = self.pixels
        pixels += ((colour << 4) - pixels) * coverage[:, None] >> 8

    def shade(self, coverage: np.ndarray, amount: np.ndarray | int) -> None:
        """Darken the pixels by the share ``amount`` (Q8; negative lightens) where covered."""
        pixels = self.pixels
        pixels -= pixels * (coverage * amount >> 8)[:, None] >> 8


class Canvas:
    """A stack of pictures under construction, and the coordinates of the heads in them.

    A head's origin lies between its eyes, x points to the picture's right and y down. With the
    usual measures the pupils are at x = +-205, the brows at y = -150, the nose's tip at 225, the
    mouth at 400, the chin at 640, the crown at -600, and the cheeks' outline at x = +-470.

    ``frame`` has the picture's own coordinates, ``head`` those of the rolled, moved and scaled
    head, and ``features`` lie on the rounded front of the head: a turn moves its middle most
    and its outline not at all.
    """

    def __init__(self, photo: Photos, size: int) -> None:
        images = len(photo.scale)
        steps = ((2 * np.arange(size, dtype=np.int32) + 1 - size) * FRAME) // (2 * size)
        x, y = np.broadcast_arrays(steps[None, None, :], steps[None, :, None])
        shape = (images, size, size)
        pixels = np.zeros((images, 3, size, size), dtype=np.int32)
        pixel = np.full((images, 1, 1), FRAME // size, dtype=np.int32)
        self.frame = Patch(pixels, np.broadcast_to(x, shape), np.broadcast_to(y, shape), pixel)
        self.head = self._head(photo)
        self.features = self._features(photo)

    def _head(self, photo: Photos) -> Patch:
        x, y = self.frame.x - photo.shift_x, self.frame.y - photo.shift_y
        sine, cosine = sine_cosine(photo.roll)
        turned_x, turned_y = x * cosine + y * sine >> 12, y * cosine - x * sine >> 12
        inverse = 65536 // photo.scale
        pixel = np.maximum(self.frame.pixel * inverse >> 8, 1)
        return Patch(self.frame.pixels, turned_x * inverse >> 8, turned_y * inverse >> 8, pixel)

    def _features(self, photo: Photos) -> Patch:
        # Half a length is in Q8 of a radius of 512 units, where a turn moves nothing any more.
        across, along = np.clip(self.head.x >> 1, -ONE, ONE), np.clip(self.head.y >> 1, -ONE, ONE)
        x = self.head.x - (photo.yaw * (ONE - (across * across >> 8)) >> 8)
        y = self.head.y - (photo.pitch * (ONE - (along * along >> 8)) >> 8)
        return Patch(self.head.pixels, x, y, self.head.pixel)

    def part(self, x: tuple[int, int], y: tuple[int, int], side: int = 1) -> Patch:
        """Return the smallest window that holds, in every picture, the features' box ``x`` by ``y``.

        With ``side`` -1, x points to the picture's left, so that one drawing serves both halves.
        """
        features = self.features
        along = features.x if side > 0 else -features.x
        inside = (along > x[0]) & (along < x[1]) & (features.y > y[0]) & (features.y < y[1])
        inside = np.any(inside, axis=0)
        rows, columns = _span(np.any(inside, axis=1)), _span(np.any(inside, axis=0))
        pixels = features.pixels[:, :, rows, columns]
        return Patch(pixels, along[:, rows, columns], features.y[:, rows, columns], features.pixel)


def _span(used: np.ndarray) -> slice:
    """Return the slice from the first used line to the last; empty if none is used."""
    lines = np.flatnonzero(used)
    return slice(int(lines[0]), int(lines[-1]) + 1) if len(lines) else slice(0, 0)
