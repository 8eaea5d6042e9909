"""From an image and its detection to a face of fixed size: eyes level and always at the same places."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engram.config import FacesSettings
from engram.data.images.detect import Detection

__all__ = ["Face", "align", "channels", "whole"]

#: Where eyes lie in a detected box, as shares of its width and height: the mean over the London Set's.
EYES_IN_BOX = ((0.305, 0.397), (0.695, 0.397))


@dataclass(frozen=True)
class Face:
    """One stored face."""

    pixels: np.ndarray
    """uint8 of shape (size, size, channels); zero where no face was detected."""
    detected: bool
    eyes: bool
    """Whether it was aligned by its eyes, not by its box alone."""
    box: tuple[float, float, float, float]
    """Left, top, width, height in pixels of the image; NaN where no face was detected."""


def channels(settings: FacesSettings) -> int:
    """Return the number of channels of a stored face."""
    return 1 if settings.colour == "grey" else 3


def align(image: np.ndarray, detection: Detection | None, settings: FacesSettings) -> Face:
    """Cut the detected face out of a uint8 RGB image (H, W, 3).

    With eyes, the image is turned, scaled and shifted so that they come to lie at `EYES_IN_BOX`
    of the box inside the margin; without, the box with its margin is cut out upright.
    """
    if detection is None:
        empty = np.zeros((settings.size, settings.size, channels(settings)), np.uint8)
        return Face(empty, detected=False, eyes=False, box=(float("nan"),) * 4)
    matrix = _by_eyes(detection.eyes, settings) if detection.eyes else _by_box(detection.box, settings)
    pixels = _warp(_coloured(image, settings), matrix, settings.size)
    return Face(pixels, detected=True, eyes=detection.eyes is not None, box=detection.box)


def whole(image: np.ndarray, settings: FacesSettings) -> Face:
    """Resize a whole image, for data sets that are published as cropped faces."""
    height, width = image.shape[:2]
    smaller = settings.size < min(height, width)
    pixels = cv2.resize(
        _coloured(image, settings),
        (settings.size, settings.size),
        interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR,
    )
    pixels = pixels.reshape(settings.size, settings.size, -1)
    return Face(pixels, detected=True, eyes=False, box=(0.0, 0.0, float(width), float(height)))


def _coloured(image: np.ndarray, settings: FacesSettings) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if settings.colour == "grey" else image


def _by_eyes(eyes: tuple[tuple[float, float], tuple[float, float]], settings: FacesSettings) -> np.ndarray:
    """Return the (2, 3) similarity that takes both eyes home; a complex number turns and scales."""
    goals = [complex(*_place(x, y, settings)) for x, y in EYES_IN_BOX]
    points = [complex(*eye) for eye in eyes]
    turn = (goals[1] - goals[0]) / (points[1] - points[0])
    shift = goals[0] - turn * points[0]
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _by_box(box: tuple[float, float, float, float], settings: FacesSettings) -> np.ndarray:
    """Return the (2, 3) scaling and shift that take the square around the box to the stored face."""
    left, top, width, height = box
    side = max(width, height)
    scale = settings.size / (1 + 2 * settings.margin) / side
    middle = settings.size / 2
    shift = (middle - scale * (left + width / 2), middle - scale * (top + height / 2))
    return np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])


def _place(x: float, y: float, settings: FacesSettings) -> tuple[float, float]:
    """Return the stored face's pixel for a point given in shares of the detected box."""
    unit = settings.size / (1 + 2 * settings.margin)
    return (settings.margin + x) * unit, (settings.margin + y) * unit


def _warp(image: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """Apply ``matrix``; where it reduces, the image is first reduced by area, so that nothing aliases."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 1:
        height, width = image.shape[:2]
        small = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        matrix = matrix @ np.diag([width / small[0], height / small[1], 1.0])
    # Points are measured from the image's corner, OpenCV's from the middle of the first pixel.
    matrix = matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    face = cv2.warpAffine(
        image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return face.reshape(size, size, -1)
