"""Boxes and eyes that a data set's owners give: they can take the place of detection."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from engram.data.images.align import EYES_IN_BOX
from engram.data.images.detect import Box, Detection
from engram.data.manifest import BOX, EYES

__all__ = ["owners_detections"]


def owners_detections(manifest: pd.DataFrame) -> Iterator[Detection | None]:
    """Yield each image's face as its owners give it; None where they give neither box nor eyes.

    Where they give eyes alone, the box is the one in which a detected face has its eyes there.
    """
    boxes, eyes = _numbers(manifest, BOX), _numbers(manifest, EYES)
    for box, pair in zip(boxes, eyes, strict=True):
        given = _four(box) if np.isfinite(box).all() and (box[2:] > 0).all() else None
        # Eyes that are not apart and in order would turn the face upside down.
        if np.isfinite(pair).all() and pair[0] < pair[2]:
            left, right = (float(pair[0]), float(pair[1])), (float(pair[2]), float(pair[3]))
            yield Detection(given or _box_around(pair), (left, right))
        else:
            yield Detection(given, None) if given else None


def _box_around(eyes: np.ndarray) -> Box:
    """Return the square box in which eyes (left x, left y, right x, right y) lie at `EYES_IN_BOX`."""
    (left, height), (right, _) = EYES_IN_BOX
    side = float(np.hypot(*(eyes[2:] - eyes[:2]))) / (right - left)
    x, y = (eyes[:2] + eyes[2:]) / 2
    return float(x - side * (left + right) / 2), float(y - side * height), side, side


def _four(box: np.ndarray) -> Box:
    left, top, width, height = map(float, box)
    return left, top, width, height


def _numbers(manifest: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    """Return columns as float64 of shape (N, 4); those that are missing hold NaN."""
    return manifest.reindex(columns=list(columns)).apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
