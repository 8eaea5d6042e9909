"""SFEW 2.0 (Dhall et al. 2011): stills of films, a folder an expression; the test labels are not public.

Papers therefore test on the validation subset: it is ``test`` here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pandas as pd

from engram.config.base import Strict
from engram.core.errors import ManifestError
from engram.data.images.readers._walk import Root, image_files

__all__ = ["LAYOUT", "Options", "present", "read"]

LAYOUT = (
    "Train/Train_Aligned_Faces/<Class>/*.png and Val/Val_Aligned_Faces_new/Val_Aligned_Faces/<Class>/*.png "
    "(or whole frames in Train/<Class> and Val/<Class>), with the classes Angry, Disgust, Fear, Happy, "
    "Neutral, Sad, Surprise."
)
EXPRESSIONS = {
    "Angry": "anger",
    "Disgust": "disgust",
    "Fear": "fear",
    "Happy": "happiness",
    "Neutral": "neutral",
    "Sad": "sadness",
    "Surprise": "surprise",
}
#: Where the images of a subset may lie, by the kind of images.
FOLDERS: dict[str, dict[str, tuple[str, ...]]] = {
    "train": {"aligned": ("Train/Train_Aligned_Faces", "Train_Aligned_Faces"), "frames": ("Train",)},
    "test": {
        "aligned": (
            *("Val/Val_Aligned_Faces_new/Val_Aligned_Faces", "Val/Val_Aligned_Faces_new"),
            *("Val/Val_Aligned_Faces", "Val_Aligned_Faces_new/Val_Aligned_Faces", "Val_Aligned_Faces"),
        ),
        "frames": ("Val",),
    },
}
#: Of a film; frames and takes follow it. Two names have hyphens or double underscores.
_NAME = re.compile(r"(?P<film>.+?)[_-]+[0-9]{9}[_-]+[0-9]{8}\.\w+", re.ASCII)


class Options(Strict):
    """What can be chosen."""

    images: Literal["aligned", "frames"] = "aligned"
    """Aligned faces, or whole frames."""


def present(root: Root) -> bool:
    """Whether some images of the data set are in ``root``."""
    return any(_folder(root, subset, kind) for subset in FOLDERS for kind in ("aligned", "frames"))


def read(root: Root, options: Options = Options()) -> pd.DataFrame:  # noqa: B008, it cannot change
    """Return SFEW's manifest.

    Nobody says who is on which still. What is kept apart is the film, as in the owners' own subsets: it
    stands for the subject; an image whose name tells no film stands alone.
    """
    rows = [row for subset in FOLDERS for row in _images(root, subset, options.images)]
    if not rows:
        raise ManifestError(f"{root}: there are no {options.images} images. Expected: {LAYOUT}")
    return pd.DataFrame(rows, columns=["image", "subject", "expression", "official_split"])


def _folder(root: Root, subset: str, kind: str) -> str | None:
    for folder in FOLDERS[subset][kind]:
        if any((root / f"{folder}/{name}").is_dir() for name in EXPRESSIONS):
            return folder
    return None


def _images(root: Root, subset: str, kind: str) -> Iterator[tuple[str, str, str, str]]:
    folder = _folder(root, subset, kind)
    if folder is None:
        where = root / FOLDERS[subset][kind][0]
        raise ManifestError(f"{where}: the {kind} images of {subset} are missing. Expected: {LAYOUT}")
    for name, expression in EXPRESSIONS.items():
        for image in image_files(root, f"{folder}/{name}"):
            match = _NAME.fullmatch(image.rpartition("/")[2])
            subject = f"film {match['film']}" if match else f"image {image}"
            yield image, subject, expression, subset
