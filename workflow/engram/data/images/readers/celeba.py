"""CelebA (Liu et al. 2015): 202,599 images with 40 attributes, identities, and the owners' subsets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
import pandas as pd

from engram.config.base import Strict
from engram.core.errors import ManifestError
from engram.core.labels import ATTRIBUTE_PREFIX
from engram.data.images.readers._facts import box_facts, every_image_alone, eye_facts
from engram.data.images.readers._lines import bad_line, number, read_fields
from engram.data.images.readers._walk import Root, image_files

__all__ = ["LAYOUT", "Options", "present", "read"]

LAYOUT = (
    "Img/img_align_celeba/000001.jpg, Anno/list_attr_celeba.txt, Eval/list_eval_partition.txt, and "
    "optionally Anno/identity_CelebA.txt, list_bbox_celeba.txt, list_landmarks_celeba.txt, "
    "list_landmarks_align_celeba.txt and Img/img_celeba/; or all flat in one folder; lists also as .csv."
)
SUBSETS = {"0": "train", "1": "validation", "2": "test"}
FOLDERS = {
    "aligned": ("Img/img_align_celeba", "img_align_celeba", "img_align_celeba/img_align_celeba"),
    "photographs": ("Img/img_celeba", "img_celeba", "img_celeba/img_celeba", "Img/img_celeba.7z/img_celeba"),
}
_WHERE = ("Anno", "Eval", "", "celeba")


class Options(Strict):
    """What can be chosen."""

    images: Literal["aligned", "photographs"] = "aligned"
    """The aligned images of 178x218 pixels, or the photographs, to which the owners' boxes belong."""


def present(root: Root) -> bool:
    """Whether the images and a list of attributes, or the subsets, are in ``root``."""
    lists = (_list(root, name) for name in ("list_attr_celeba", "list_eval_partition"))
    return any(lists) and any(_folder(root, kind) for kind in FOLDERS)


def read(root: Root, options: Options = Options()) -> pd.DataFrame:  # noqa: B008, it cannot change
    """Return CelebA's manifest: attributes, subject where identities are there, the owners' subsets.

    Boxes belong to the photographs and are given with them alone; eyes have a list for each kind of images.
    """
    folder = _folder(root, options.images)
    if folder is None:
        raise ManifestError(f"{root}: the folder {FOLDERS[options.images][0]} is missing. Expected: {LAYOUT}")
    images = list(image_files(root, folder))
    names = [PurePosixPath(image).name for image in images]
    frame = pd.DataFrame({"image": images, "subject": every_image_alone(names)})
    if path := _list(root, "identity_CelebA"):
        frame["subject"] = _column(path, names, 1, "identity")
    if path := _list(root, "list_eval_partition"):
        frame["official_split"] = _column(path, names, 1, "partition", SUBSETS)
    if path := _list(root, "list_attr_celeba"):
        frame = pd.concat([frame, _attributes(path, names)], axis=1)
    return frame.assign(**_places(root, names, options))


def _folder(root: Root, kind: str) -> str | None:
    """Return where the images lie; of folders in one another the inner one."""
    folders = [f"{above}{name}" for above in ("", "celeba/") for name in FOLDERS[kind]]
    return next((name for name in reversed(folders) if (root / name).is_dir()), None)


def _list(root: Root, name: str) -> Path | None:
    paths = (root / f"{folder}/{name}{end}".lstrip("/") for folder in _WHERE for end in (".txt", ".csv"))
    return next((path for path in paths if path.is_file()), None)


def _rows(path: Path, columns: int, header: list[str] | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a list that begin with an image, and put the names of columns into ``header``."""
    for line, fields in read_fields(path, "," if path.suffix == ".csv" else None):
        if not fields[0].lower().endswith((".jpg", ".png")):
            if line > 2:
                raise bad_line(path, line, f"'{fields[0]}' is no image")
            if len(fields) > 1 and header is not None:
                header[:] = [name for name in fields if name not in ("", "image_id")]
        elif len(fields) != columns + 1:
            raise bad_line(path, line, f"{len(fields)} fields, not an image and {columns} values")
        else:
            yield line, fields


def _column(
    path: Path, names: list[str], columns: int, what: str, words: dict[str, str] | None = None
) -> list[str]:
    found = {}
    for line, (image, value) in _rows(path, columns):
        if words is not None and value not in words:
            raise bad_line(path, line, f"{what} '{value}' is unknown. Known: {', '.join(words)}")
        found[image] = words[value] if words is not None else value
    return [_of(path, found, name) for name in names]


def _of(path: Path, found: dict, name: str):
    if name not in found:
        raise ManifestError(
            f"{path}: there is no row of the image '{name}'. Take the image out, or replace the list."
        )
    return found[name]


def _attributes(path: Path, names: list[str]) -> pd.DataFrame:
    """Return the attributes as 0 or 1; a list has -1 for 0."""
    header: list[str] = []
    columns = 40 if path.suffix == ".txt" else _columns_of_csv(path)
    found = {}
    for line, fields in _rows(path, columns, header):
        if wrong := {*fields[1:]} - {"-1", "1"}:
            raise bad_line(path, line, f"an attribute is '{min(wrong)}', not 1 or -1")
        found[fields[0]] = np.array([value == "1" for value in fields[1:]], dtype=np.float64)
    if len(header) != columns:
        raise bad_line(path, 2, f"{len(header)} names of attributes for {columns} columns")
    values = np.array([_of(path, found, name) for name in names]).reshape(-1, columns)
    return pd.DataFrame(values, columns=[ATTRIBUTE_PREFIX + name.lower() for name in header])


def _columns_of_csv(path: Path) -> int:
    return len(next(read_fields(path, ","), (1, [""]))[1]) - 1


def _places(root: Root, names: list[str], options: Options) -> dict[str, np.ndarray]:
    """Return boxes and eyes of the kind of images that is read."""
    facts: dict[str, np.ndarray] = {}
    if options.images == "photographs" and (path := _list(root, "list_bbox_celeba")):
        facts |= box_facts(_numbers(path, names, 4))
    kind = "list_landmarks_celeba" if options.images == "photographs" else "list_landmarks_align_celeba"
    if path := _list(root, kind):
        facts |= eye_facts(_numbers(path, names, 10)[:, :4])
    return facts


def _numbers(path: Path, names: list[str], columns: int) -> np.ndarray:
    found = {
        fields[0]: [number(path, line, text, "coordinate", -1e6, 1e6) for text in fields[1:]]
        for line, fields in _rows(path, columns)
    }
    return np.array([_of(path, found, name) for name in names], dtype=np.float64).reshape(-1, columns)
