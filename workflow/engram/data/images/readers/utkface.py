"""UTKFace (Zhang, Song and Qi 2017): the file's name begins with age, gender and race."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Literal

import pandas as pd

from engram.config.base import Strict
from engram.core.errors import ManifestError
from engram.core.labels import RANGES
from engram.data.images.readers._facts import (
    count_left_out,
    every_image_alone,
    known_labels,
    refuse_missing,
)
from engram.data.images.readers._walk import Root, image_files
from engram.data.listing import read_rows

__all__ = ["LAYOUT", "Options", "present", "read"]

LAYOUT = (
    "UTKFace/<age>_<gender>_<race>_<time>.jpg.chip.jpg (aligned faces), or part1/, part2/, part3/ with "
    "<age>_<gender>_<race>_<time>.jpg (photographs)."
)
GENDERS = {"0": "male", "1": "female"}
#: The owners' Asian counts as east Asian; Indian and other are labels where the label set has such classes.
ETHNICITIES = {"0": "white", "1": "black", "2": "east_asian", "3": "indian", "4": "other"}
#: Where the aligned faces lie in the copies that are about; some hold them twice.
ALIGNED = ("UTKFace", "utkface_aligned_cropped/UTKFace", "crop_part1", "")
WILD = ("part1", "part2", "part3")
#: Three names lack a field, and it is not clear which; others have no, or longer, times.
_NAME = re.compile(r"(?P<age>[0-9]{1,3})_(?:(?P<gender>[01])_(?P<race>[0-4])_)?.*", re.ASCII)


class Options(Strict):
    """What can be chosen."""

    images: Literal["aligned", "photographs"] = "aligned"
    """The aligned faces of 200x200 pixels, or the photographs."""
    train_list: str | None = None
    """A table with a column `file` in the data set's folder: the images that are trained on. Others than
    those listed are left out (the age protocol of CORAL: `utk_train.csv`)."""
    validation_list: str | None = None
    """The same for validation."""
    test_list: str | None = None
    """The same for test."""


def present(root: Root) -> bool:
    """Whether aligned faces or photographs are in ``root``."""
    return any(_images(root, kind) for kind in ("aligned", "photographs"))


def read(root: Root, options: Options = Options()) -> pd.DataFrame:  # noqa: B008, it cannot change
    """Return UTKFace's manifest; nobody knows who is on which image, so each is its own subject.

    A name that lacks a field gives its age alone.
    """
    images = _images(root, options.images)
    if not images:
        raise ManifestError(f"{root}: there are no images ({options.images}). Expected: {LAYOUT}")
    facts = [_facts(root, image) for image in images]
    frame = pd.DataFrame(facts, columns=["age", "gender", "ethnicity"])
    frame.insert(0, "image", images)
    frame.insert(1, "subject", every_image_alone(images))
    broken = int(frame["gender"].isna().sum())
    frame.attrs["counts"] = {"unlabelled_broken_name": broken} if broken else {}
    frame = known_labels(frame, "ethnicity")
    lists = {"train": options.train_list, "validation": options.validation_list, "test": options.test_list}
    return _listed(root, frame, {subset: name for subset, name in lists.items() if name})


def _images(root: Root, kind: str) -> list[str]:
    if kind == "photographs":
        return [image for folder in WILD for image in image_files(root, folder)]
    for folder in ALIGNED:
        found = [image for image in image_files(root, folder) if image.endswith(".chip.jpg")]
        if found:
            return found
    return []


def _facts(root: Root, image: str) -> tuple[int, str | None, str | None]:
    match = _NAME.fullmatch(PurePosixPath(image).name)
    low, high = RANGES["age"]
    if match is None or not low <= int(match["age"]) <= high:
        raise ManifestError(f"{root / image}: not of this data set. Expected: {LAYOUT} Rename or move it.")
    return int(match["age"]), GENDERS.get(match["gender"]), ETHNICITIES.get(match["race"])


def _listed(root: Root, frame: pd.DataFrame, lists: dict[str, str]) -> pd.DataFrame:
    """Keep the images of the lists, each in its list's subset."""
    if not lists:
        return frame
    by_name = {PurePosixPath(image).name: image for image in frame["image"]}
    subsets: dict[str, str] = {}
    for subset, name in lists.items():
        images = [by_name.get(file, file) for file in _files(root, name)]
        refuse_missing(root, name, images, set(frame["image"]))
        _refuse_twice(root, name, images, subsets)
        subsets |= dict.fromkeys(images, subset)
    frame["official_split"] = frame["image"].map(subsets)
    kept = frame[frame["official_split"].notna()].reset_index(drop=True)
    return count_left_out(kept, {"not_listed": len(frame) - len(kept)})


def _files(root: Root, name: str) -> list[str]:
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise ManifestError(
            f"{root}: the list '{name}' does not lie in the data set's folder. Copy it there."
        )
    table = read_rows(root / name, "Replace it by the published list.")
    if "file" not in table or table["file"].isna().any():
        raise ManifestError(
            f"{root / name}: not a table whose column 'file' names an image in each row. "
            "Replace it by the published list."
        )
    return table["file"].tolist()


def _refuse_twice(root: Root, name: str, images: Iterable[str], before: dict[str, str]) -> None:
    seen = set(before)
    for image in images:
        if image in seen:
            raise ManifestError(f"{root / name}: '{image}' is listed twice. Take one row out.")
        seen.add(image)
