"""CMU Face Images (Mitchell 1997): 20 subjects in four poses; the file's name says all."""

from __future__ import annotations

import re

import pandas as pd

from engram.data.images.readers._walk import Root, matched_files
from engram.data.images.readers._walk import has_images as present

__all__ = ["LAYOUT", "present", "read"]

LAYOUT = (
    "<user>/<user>_<pose>_<expression>_<eyes>.pgm, such as an2i/an2i_left_happy_open.pgm, with the poses "
    "straight, left, right, up, the expressions neutral, happy, sad, angry, and eyes open or sunglasses."
)

EXPRESSION_WORDS = {"neutral": "neutral", "happy": "happiness", "sad": "sadness", "angry": "anger"}
GLASSES = {"open": "none", "sunglasses": "sunglasses"}
#: The poses that are attributes; a head that has none of them is straight.
POSES = ("left", "right", "up")
_NAME = re.compile(
    r"(?:.*/)?(?P<subject>[a-z0-9]+)_(?P<pose>straight|left|right|up)_(?P<expression>neutral|happy|sad|angry)"
    r"_(?P<eyes>open|sunglasses)(?P<copy>_[24])?\.pgm",
    re.ASCII,
)


def read(root: Root) -> pd.DataFrame:
    """Return the manifest of the full-size images; half (``_2``) and quarter (``_4``) copies are left out.

    Sunglasses and poses are there twice: as classes, and as attributes.
    """
    rows = []
    for image, match in matched_files(root, _NAME, LAYOUT):
        if not match["copy"]:
            expression, glasses = EXPRESSION_WORDS[match["expression"]], GLASSES[match["eyes"]]
            rows.append((image, match["subject"], expression, glasses, match["pose"]))
    frame = pd.DataFrame(rows, columns=["image", "subject", "expression", "glasses", "pose"])
    frame["attr_sunglasses"] = (frame["glasses"] == "sunglasses").astype(int)
    for pose in POSES:
        frame[f"attr_{pose}"] = (frame["pose"] == pose).astype(int)
    return frame
