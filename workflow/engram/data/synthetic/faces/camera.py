"""From the drawn scene to the picture: outlines, exposure, tones, tint, blur and noise."""

from __future__ import annotations

from functools import cache

import numpy as np

from engram.data.synthetic.faces.canvas import Canvas
from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.photos import Photos
from engram.data.synthetic.faces.streams import Streams

__all__ = ["take_picture"]


def take_picture(canvas: Canvas, photos: Photos, look: Look) -> np.ndarray:
    """Return the finished pictures, (images, size, size, 3) RGB ``uint8``."""
    pixels = canvas.frame.pixels
    pixels *= photos.exposure[:, None]
    pixels >>= 12
    pixels = _blurred(pixels, photos.blur.ravel())
    if look.posterise:
        _outline(pixels)
    _add_noise(pixels, photos.noise_start.ravel(), look.noise)
    np.clip(pixels, 0, 255, out=pixels)
    toned = _tone_tables(look)[np.arange(3)[None, :, None, None], pixels]
    return np.ascontiguousarray(toned.transpose(0, 2, 3, 1))


def _blurred(pixels: np.ndarray, passes: np.ndarray) -> np.ndarray:
    """Blur each picture as often as asked by a 3 x 3 binomial filter (1 2 1), in integers."""
    for least in range(1, int(passes.max()) + 1):
        rows = np.flatnonzero(passes >= least)
        part = np.pad(pixels[rows], ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
        part = part[:, :, :-2] + 2 * part[:, :, 1:-1] + part[:, :, 2:]
        pixels[rows] = part[..., :-2] + 2 * part[..., 1:-1] + part[..., 2:] + 8 >> 4
    return pixels


def _outline(pixels: np.ndarray) -> None:
    """Darken edges as a painter's contour does."""
    grey = pixels.sum(axis=1) // 3
    steep = np.zeros_like(grey)
    steep[:, 1:-1, 1:-1] = np.abs(grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]) + np.abs(
        grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]
    )
    pixels -= np.clip(steep - 24, 0, 60)[:, None] >> 1


@cache
def _noise_plate(strength: int) -> np.ndarray:
    """Return a long row of noise from which each picture takes a stretch: quicker than fresh noise."""
    return Streams(0, "sensor").bell("noise", -2 * strength, 2 * strength, 1 << 18)


def _add_noise(pixels: np.ndarray, starts: np.ndarray, strength: int) -> None:
    """Add each picture's own stretch of the plate."""
    plate = _noise_plate(strength)
    area = pixels.shape[2:]
    places = np.arange(area[0] * area[1], dtype=np.int32).reshape(area)
    for picture, start in zip(pixels, starts, strict=True):
        picture += np.take(plate, places + start, mode="wrap")


def _tone_tables(look: Look) -> np.ndarray:
    """Return the look's tone curve for each colour, (3, 256) ``uint8``: straight lines between nine knots."""
    tones = np.arange(256, dtype=np.int32)
    knots = np.array(look.tones, dtype=np.int32)
    below, rest = tones >> 5, tones & 31
    toned = knots[below] + ((knots[below + 1] - knots[below]) * rest >> 5)
    if look.posterise:
        step = 256 // look.posterise
        toned = toned // step * step + step // 2
    tinted = toned[None, :] * np.array(look.tint, dtype=np.int32)[:, None] >> 8
    return np.clip(tinted, 0, 255).astype(np.uint8)
