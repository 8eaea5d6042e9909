"""Tiny ImageNet (Stanford's course CS231n): 200 classes of objects in images of 64x64 pixels.

The test labels are not public, so papers test on the validation subset: it is ``test`` here.
"""

from __future__ import annotations

import pandas as pd

from engram.core.errors import ManifestError
from engram.data.images.readers._facts import count_left_out, every_image_alone, known_labels
from engram.data.images.readers._lines import bad_line, read_fields
from engram.data.images.readers._walk import Root, image_files

__all__ = ["LAYOUT", "present", "read"]

LAYOUT = "wnids.txt, train/<wnid>/images/<wnid>_0.JPEG, val/images/val_0.JPEG and val/val_annotations.txt."


def present(root: Root) -> bool:
    """Whether the data set is in ``root``."""
    return _folder(root) is not None


def read(root: Root) -> pd.DataFrame:
    """Return the manifest: ``object`` is the class's number in WordNet (wnid).

    A class that the label set does not have gives no label. Every image is its own subject.
    """
    folder = _folder(root) or ""
    classes = {fields[0] for _, fields in read_fields(root / f"{folder}wnids.txt")}
    rows = []
    for image in image_files(root, f"{folder}train"):
        wnid = image.removeprefix(f"{folder}train/").partition("/")[0]
        if wnid not in classes:
            raise ManifestError(
                f"{root / image}: wnids.txt does not know the class '{wnid}'. Take the folder out."
            )
        rows.append((image, wnid, "train"))
    labels = _validation(root, folder, classes)
    for image in image_files(root, f"{folder}val/images"):
        name = image.rpartition("/")[2]
        if name not in labels:
            raise ManifestError(
                f"{root / image}: val_annotations.txt has no label of it. Unpack the archive again."
            )
        rows.append((image, labels[name], "test"))
    frame = pd.DataFrame(rows, columns=["image", "object", "official_split"])
    frame.insert(1, "subject", every_image_alone(frame["image"]))
    unlabelled = sum(1 for _ in image_files(root, f"{folder}test"))
    return count_left_out(known_labels(frame, "object"), {"test_without_labels": unlabelled})


def _folder(root: Root) -> str | None:
    return next((name for name in ("", "tiny-imagenet-200/") if (root / f"{name}wnids.txt").is_file()), None)


def _validation(root: Root, folder: str, classes: set[str]) -> dict[str, str]:
    """Return file -> class; the box's four values that follow are not needed."""
    path, labels = root / f"{folder}val/val_annotations.txt", {}
    for line, fields in read_fields(path, "\t"):
        if len(fields) != 6:
            raise bad_line(path, line, f"{len(fields)} fields, not file, class and four of the box")
        if fields[1] not in classes:
            raise bad_line(path, line, f"wnids.txt does not know the class '{fields[1]}'")
        labels[fields[0]] = fields[1]
    return labels
