"""TFEID (Chen and Yen 2007): 40 models; the file's name says who, and in its last part what."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pandas as pd

from engram.core.errors import ManifestError
from engram.data.images.readers._facts import known_labels
from engram.data.images.readers._walk import Root, image_files

__all__ = ["LAYOUT", "present", "read"]

LAYOUT = (
    "images named <model>_<series>_<code>.jpg, such as dfh_gray/dfh_anger_g/f01_dfh_ag.jpg, with the codes a "
    "anger, c contempt, d disgust, f fear, h happiness, n neutral, p surprise, s sadness."
)
EXPRESSIONS = {
    "a": "anger",
    "c": "contempt",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "p": "surprise",
    "s": "sadness",
}
_NAME = re.compile(r"(?P<model>[fm][0-9]{2})(?:_[A-Za-z0-9]+)*_(?P<code>[acdfhnps])[a-z]*", re.ASCII)


def present(root: Root) -> bool:
    """Whether an image of the data set is in ``root``."""
    return any(_NAME.fullmatch(PurePosixPath(image).stem) for image in image_files(root))


def read(root: Root) -> pd.DataFrame:
    """Return TFEID's manifest; ``x_series`` is what its name says between model and expression.

    Contempt has no label where the label set has no such class.
    """
    rows = []
    for image in image_files(root):
        stem = PurePosixPath(image).stem
        match = _NAME.fullmatch(stem)
        if match is None:
            raise ManifestError(
                f"{root / image}: not of this data set. Expected: {LAYOUT} Rename or move it."
            )
        rows.append((image, match["model"], EXPRESSIONS[match["code"]], "_".join(stem.split("_")[1:-1])))
    frame = pd.DataFrame(rows, columns=["image", "subject", "expression", "x_series"])
    return known_labels(frame, "expression")
