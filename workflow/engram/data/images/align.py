"""From an image and its detection to a face of fixed size: eyes level and always at the same places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engram.config import CropSettings, FacesSettings
from engram.data.images.detect import Box, Detection, Point

__all__ = ["Face", "align", "channels", "recut", "whole"]

#: Where eyes lie in a detected box, as shares of its width and height: the mean over the London Set's.
EYES_IN_BOX = ((0.305, 0.397), (0.695, 0.397))
#: Where ArcFace (Deng et al. 2019) and InsightFace's networks have eyes, nose and corners of the mouth, as
#: fractions of the face's side; their template is of 112 pixels.
FIVE_POINTS = tuple(
    (x / 112, y / 112)
    for x, y in (
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    )
)
_NOWHERE = ((float("nan"), float("nan")),) * 5


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
    points: tuple[float, ...] = (float("nan"),) * 10
    """x and y of the eyes, the nose and the corners of the mouth in the image; NaN where not found."""


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
    return _cut(image, detection, settings, matrix)


def recut(image: np.ndarray, detection: Detection, settings: FacesSettings, crop: CropSettings) -> Face:
    """Cut a face as an imported encoder wants it; ``settings`` have its size, its margin and colours."""
    if crop.align == "eyes":
        return align(image, detection, settings)
    if crop.align == "box":
        return _cut(image, detection, settings, _by_box(detection.box, settings))
    points = [*(detection.eyes or _eyes_of(detection.box)), *(detection.below or ())]
    goals = [(settings.margin + x, settings.margin + y) for x, y in FIVE_POINTS]
    unit = settings.size / (1 + 2 * settings.margin)
    return _cut(
        image,
        detection,
        settings,
        similarity(points, [(unit * x, unit * y) for x, y in goals[: len(points)]]),
    )


def similarity(points: Sequence[Point], goals: Sequence[Point]) -> np.ndarray:
    """Return the (2, 3) turning, scaling and shift that brings points nearest their goals (least squares)."""
    found, wanted = (np.array([complex(*point) for point in given]) for given in (points, goals))
    centred = found - found.mean()
    turn = np.vdot(centred, wanted - wanted.mean()) / np.vdot(centred, centred).real
    shift = wanted.mean() - turn * found.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _eyes_of(box: Box) -> tuple[Point, Point]:
    """Return where the eyes of a face in ``box`` are expected."""
    left, top, width, height = box
    one, other = ((left + x * width, top + y * height) for x, y in EYES_IN_BOX)
    return one, other


def _cut(image: np.ndarray, detection: Detection, settings: FacesSettings, matrix: np.ndarray) -> Face:
    pixels = _warp(_coloured(image, settings), matrix, settings.size)
    places = [*(detection.eyes or _NOWHERE[:2]), *(detection.below or _NOWHERE[2:])]
    return Face(
        pixels,
        detected=True,
        eyes=detection.eyes is not None,
        box=detection.box,
        points=tuple(value for place in places for value in place),
    )


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
