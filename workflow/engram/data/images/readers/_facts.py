"""What readers say the same way: labels outside the label sets, owners' boxes, and what was left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from engram.core.errors import ManifestError
from engram.core.labels import CLASSES
from engram.data.images.readers._walk import Root
from engram.data.manifest import BOX, EYES

__all__ = ["box_facts", "count_left_out", "every_image_alone", "eye_facts", "known_labels", "refuse_missing"]

#: Above so many words outside a label set they are counted together.
_MOST_WORDS = 9


def known_labels(frame: pd.DataFrame, *tasks: str) -> pd.DataFrame:
    """Move words that are none of a task's classes from its column to ``x_TASK``, and count them.

    A data set may know more than the label sets do: contempt, or ethnicities that are combined. Such an
    image keeps its place, without a label.
    """
    counts: dict[str, int] = {}
    for task in tasks:
        outside = frame[task].notna() & ~frame[task].isin(CLASSES[task])
        if outside.any():
            frame[f"x_{task}"] = frame[task].where(outside)
            frame[task] = frame[task].mask(outside)
            words = frame[f"x_{task}"].value_counts().sort_index()
            if len(words) > _MOST_WORDS:
                counts[f"unlabelled_{task}"] = int(words.sum())
            else:
                counts |= {f"unlabelled_{word}": int(count) for word, count in words.items()}
    return _counted(frame, counts)


def count_left_out(frame: pd.DataFrame, reasons: dict[str, int]) -> pd.DataFrame:
    """Note how many of the owners' images are not in the manifest, by reason; the faces' record has it."""
    return _counted(frame, {f"left_out_{reason}": count for reason, count in reasons.items() if count})


def _counted(frame: pd.DataFrame, counts: dict[str, int]) -> pd.DataFrame:
    if counts:
        frame.attrs["counts"] = frame.attrs.get("counts", {}) | counts
    return frame


def box_facts(boxes: np.ndarray | list) -> dict[str, np.ndarray]:
    """Return the columns `BOX` of (N, 4) left, top, width, height; a box without an extent is missing."""
    boxes = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    boxes[~(np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1))] = np.nan
    return dict(zip(BOX, boxes.T, strict=True))


def eye_facts(eyes: np.ndarray | list) -> dict[str, np.ndarray]:
    """Return the columns `EYES` of (N, 2, 2) eyes, each x and y; the one at the image's left first."""
    points = np.array(eyes, dtype=np.float64).reshape(-1, 2, 2)
    swapped = points[:, 0, 0] > points[:, 1, 0]
    points[swapped] = points[swapped, ::-1]
    return dict(zip(EYES, points.reshape(-1, 4).T, strict=True))


def every_image_alone(images: Iterable[str]) -> list[str]:
    """Return a subject for each image where nobody knows who is on it: the image itself."""
    return [f"image {image}" for image in images]


def refuse_missing(root: Root, where: str, listed: Iterable[str], there: Collection[str]) -> None:
    """Refuse a list of the owners that names images which are not there.

    Raises
    ------
    ManifestError
        Naming the list, the first such image, and how many there are.
    """
    missing = [image for image in listed if image not in there]
    if missing:
        raise ManifestError(
            f"{root / where}: {len(missing)} of the images that it lists are not there, the first is "
            f"'{missing[0]}'. Unpack all of the owners' archives."
        )
