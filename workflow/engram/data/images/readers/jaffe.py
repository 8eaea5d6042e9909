"""JAFFE (Lyons et al. 1998): 213 grey images of 10 women; the file's name says who and what."""

from __future__ import annotations

import re

import pandas as pd

from engram.data.images.readers._walk import Root, matched_files
from engram.data.images.readers._walk import has_images as present

__all__ = ["LAYOUT", "present", "read"]

LAYOUT = (
    "images named <subject>.<expression><number>.<image>.tiff, such as KA.AN1.39.tiff (213 of 10 subjects)."
)

EXPRESSION_CODES = {
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happiness",
    "NE": "neutral",
    "SA": "sadness",
    "SU": "surprise",
}
_NAME = re.compile(
    r"(?:.*/)?(?P<subject>[A-Z]{2})\.(?P<code>AN|DI|FE|HA|NE|SA|SU)[0-9]\.[0-9]{1,3}\.\w+", re.ASCII
)


def read(root: Root) -> pd.DataFrame:
    """Return JAFFE's manifest: ``expression`` is the one that the subject was asked to pose."""
    rows = []
    for image, match in matched_files(root, _NAME, LAYOUT):
        rows.append((image, match["subject"], EXPRESSION_CODES[match["code"]]))
    return pd.DataFrame(rows, columns=["image", "subject", "expression"])
