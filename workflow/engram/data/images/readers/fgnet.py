"""FG-NET (Lanitis): 1,002 images of 82 subjects from 0 to 69 years; the file's name says who and how old."""

from __future__ import annotations

import re

import pandas as pd

from engram.data.images.readers._walk import Root, image_files, matched_files

__all__ = ["LAYOUT", "present", "read"]

LAYOUT = "images/001A02.JPG, <subject>A<age>, with a further letter where there are several of one age."
_NAME = re.compile(r"(?:.*/)?(?P<subject>[0-9]{3})[Aa](?P<age>[0-9]{2})[a-z]?\.\w+", re.ASCII)


def present(root: Root) -> bool:
    """Whether an image of the data set is in ``root``."""
    return any(_NAME.fullmatch(image) for image in image_files(root))


def read(root: Root) -> pd.DataFrame:
    """Return FG-NET's manifest: subject and age in years (`split: {scheme: leave_one_out, folds: 82}`)."""
    rows = [
        (image, match["subject"], int(match["age"])) for image, match in matched_files(root, _NAME, LAYOUT)
    ]
    return pd.DataFrame(rows, columns=["image", "subject", "age"])
