"""MUG (Aifanti et al. 2010): sequences of posed expressions, one folder a subject and expression.

The paper uses 7,352 of its images without saying which; the reader takes every image that is there,
so the folder should hold the images to be used (their number stands in the faces' record).
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from engram.core.labels import EXPRESSIONS
from engram.data.images.readers._walk import Root, matched_files
from engram.data.images.readers._walk import has_images as present

__all__ = ["LAYOUT", "present", "read"]

LAYOUT = (
    "folders <subject>/<expression>/take000/img_0000.jpg, such as 001/happiness/take000/img_0012.jpg, "
    f"with the expressions {', '.join(EXPRESSIONS)}; a folder for the session before or after the expression "
    "is accepted (session0)."
)

_SESSION = r"(?:session[0-9]+/)?"
_PATH = re.compile(
    rf"(?P<subject>[0-9]{{1,4}})/{_SESSION}(?P<expression>{'|'.join(EXPRESSIONS)})/{_SESSION}take[0-9]+/img_[0-9]+\.\w+",
    re.ASCII,
)


def read(root: Root) -> pd.DataFrame:
    """Return MUG's manifest: every frame carries its sequence's expression; ``x_take`` names the sequence."""
    rows = []
    for image, match in matched_files(root, _PATH, LAYOUT):
        rows.append((image, match["subject"], match["expression"], str(Path(image).parent.as_posix())))
    return pd.DataFrame(rows, columns=["image", "subject", "expression", "x_take"])
