"""MS-Celeb-1M (Guo et al. 2016): InsightFace's record files, or a folder a subject.

The record files are read without MXNet and without unpickling: see `engram.data.images.recordio`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from engram.config.base import Strict
from engram.core.errors import ImageError, ManifestError
from engram.data.images.readers._facts import count_left_out, refuse_missing
from engram.data.images.readers._lines import bad_line, read_fields
from engram.data.images.readers._walk import Root, has_images, image_files
from engram.data.images.recordio import RecordFile

__all__ = ["LAYOUT", "Options", "present", "read"]

RECORDS, INDEX = "train.rec", "train.idx"
LAYOUT = (
    f"{RECORDS} and {INDEX} as InsightFace publishes them, or a folder a subject, such as "
    "m.0107_f/24-FaceId-0.jpg, with clean_list*.txt and relabel_list*.txt for `options: {lists: clean}`."
)
#: Numbers of records stand in 32-bit floats: above this they are no longer exact.
_EXACT = 1 << 24
_WAY_OUT = f"Replace {RECORDS} and {INDEX} by the published ones."


class Options(Strict):
    """What can be chosen."""

    lists: Literal["none", "clean"] = "none"
    """All images under their folders' names, or those of the cleaned lists under the lists' labels."""


def present(root: Root) -> bool:
    """Whether one of the forms is in ``root``."""
    return (root / RECORDS).is_file() or has_images(root)


def read(root: Root, options: Options = Options()) -> pd.DataFrame:  # noqa: B008, it cannot change
    """Return the manifest: images and subjects, no labels.

    An image of a record file is named by the byte at which its record begins.
    """
    if (root / RECORDS).is_file():
        return _records(root / RECORDS, root / INDEX)
    images = list(image_files(root))
    alone = next((image for image in images if "/" not in image), None)
    if alone is not None:
        raise ManifestError(f"{root / alone}: it lies in no subject's folder. Expected: {LAYOUT}")
    subjects = [image.split("/")[-2] for image in images]
    frame = pd.DataFrame({"image": images, "subject": subjects})
    return frame if options.lists == "none" else _cleaned(root, frame)


def _cleaned(root: Root, frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the images of the cleaned lists, each with the label that the lists give it."""
    folder = root / "."
    paths = [path for kind in ("clean", "relabel") for path in sorted(folder.glob(f"{kind}_list*.txt"))]
    if not paths:
        raise ManifestError(f"{folder}: clean_list*.txt is missing. Expected: {LAYOUT}")
    there, labels = set(frame["image"]), {}
    for path in paths:
        listed = {}
        for line, fields in read_fields(path):
            if len(fields) != 2:
                raise bad_line(path, line, "not '<label> <folder>/<image>'")
            if fields[1] in labels:
                raise bad_line(path, line, f"'{fields[1]}' stands there twice")
            listed[fields[1]] = fields[0]
            labels[fields[1]] = fields[0]
        refuse_missing(root, path.name, listed, there)
    kept = frame[frame["image"].isin(labels)].reset_index(drop=True)
    kept["subject"] = kept["image"].map(labels)
    return count_left_out(kept, {"not_clean": len(frame) - len(kept)})


def _records(path: Path, index: Path) -> pd.DataFrame:
    keys, offsets = _offsets(index)
    try:
        with RecordFile(path) as records:
            images, labels = _images(records, keys, offsets)
    except ImageError as error:
        raise ManifestError(str(error)) from None
    places = pd.Series(offsets[images]).astype(str)
    return pd.DataFrame({"image": f"{path.name}#" + places, "subject": "id " + pd.Series(labels).astype(str)})


def _offsets(index: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return keys and the bytes at which their records begin, by ascending key."""
    try:
        table = pd.read_csv(index, sep="\t", header=None, dtype="int64").to_numpy()
    except FileNotFoundError:
        raise ManifestError(f"{index}: this file is missing. {_WAY_OUT}") from None
    except Exception as error:  # pandas raises almost anything on damaged text
        raise ManifestError(f"{index}: this index cannot be read ({error}). {_WAY_OUT}") from None
    table = table[np.argsort(table[:, 0], kind="stable")] if table.size else table
    if table.shape[1:] != (2,) or not len(table) or table.min() < 0 or (np.diff(table[:, 0]) == 0).any():
        raise ManifestError(
            f"{index}: not a key and the byte of its record in each line, each key once. {_WAY_OUT}"
        )
    return table[:, 0], table[:, 1]


def _images(records: RecordFile, keys: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the images among the keys, and their labels, both int64."""
    flag, span = records.labels(int(offsets[0])) if keys[0] == 0 else (0, np.zeros(0))
    places = np.arange(len(keys))
    if flag < 2:
        return places, _own_labels(records, offsets)
    first, end = int(span[0]), int(span[1])
    images = places[(keys >= 1) & (keys < first)]
    if keys[-1] >= _EXACT:
        return images, _own_labels(records, offsets[images])
    labels = np.full(len(images), -1, np.int64)
    image_keys = keys[images]
    for identity in places[(keys >= first) & (keys < end)]:
        _, (begin, stop, *_) = records.labels(int(offsets[identity]))
        if not 1 <= begin <= stop <= first:
            raise ManifestError(
                f"record {keys[identity]} says that its subject's images are the records {begin:g} to "
                f"{stop:g}, but images are 1 to {first - 1}. {_WAY_OUT}"
            )
        # As integers: with others the whole array would be converted for each subject.
        lowest, highest = np.searchsorted(image_keys, np.array([begin, stop], dtype=np.int64))
        if lowest < highest:
            labels[lowest:highest] = _own_labels(records, offsets[images[lowest : lowest + 1]])
    alone = np.flatnonzero(labels < 0)
    labels[alone] = _own_labels(records, offsets[images[alone]])
    return images, labels


def _own_labels(records: RecordFile, offsets: np.ndarray) -> np.ndarray:
    """Return the label of each record; of several it is the first."""
    return np.array([int(records.labels(int(offset))[1][0]) for offset in offsets], dtype=np.int64)
