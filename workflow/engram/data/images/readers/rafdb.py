"""RAF-DB's basic expressions (Li, Deng and Du 2017): 15,339 images; their names say train or test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from engram.config.base import Strict
from engram.core.errors import ManifestError
from engram.data.images.readers._facts import every_image_alone, eye_facts, known_labels
from engram.data.images.readers._lines import bad_line, read_fields, read_lines
from engram.data.images.readers._walk import Root, image_files

__all__ = ["LAYOUT", "Options", "present", "read"]

LAYOUT = (
    "EmoLabel/list_patition_label.txt, Image/aligned/train_00001_aligned.jpg (or Image/original/"
    "train_00001.jpg), and optionally Annotation/manual/train_00001_manu_attri.txt."
)
#: The owners' list, as they spell it, and as one expects it.
LABELS = ("EmoLabel/list_patition_label.txt", "EmoLabel/list_partition_label.txt", "list_patition_label.txt")
#: The codes 1 to 7.
EXPRESSIONS = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
GENDERS = {"0": "male", "1": "female", "2": None}
#: The owners' Asian counts as east Asian.
ETHNICITIES = {"0": "white", "1": "black", "2": "east_asian"}
AGES = {"0": "0-3", "1": "4-19", "2": "20-39", "3": "40-69", "4": "70+"}
_NAME = re.compile(r"(train|test)_[0-9]+\.jpg", re.ASCII)


class Options(Strict):
    """What can be chosen."""

    images: Literal["aligned", "original"] = "aligned"
    """Faces of 100x100 pixels that are aligned, or the photographs."""


def present(root: Root) -> bool:
    """Whether the data set is in ``root``."""
    return any((root / name).is_file() for name in LABELS)


def read(root: Root, options: Options = Options()) -> pd.DataFrame:  # noqa: B008, it cannot change
    """Return RAF-DB's manifest; nobody knows who is on which image, so each is its own subject.

    ``official_split`` is train or test. Of the photographs the eyes are given, where
    ``Annotation/manual`` is there; ages are ranges of the owners, ``x_age_range``.
    """
    path = next(root / name for name in LABELS if (root / name).is_file())
    folder = next(
        (name for name in (f"Image/{options.images}", options.images) if (root / name).is_dir()), None
    )
    if folder is None:
        raise ManifestError(f"{root}: the folder Image/{options.images} is missing. Expected: {LAYOUT}")
    labels = _labels(path)
    there = _stems(root, folder)
    _compare(root, path, folder, labels, there)
    frame = pd.DataFrame(
        {
            "image": [there[stem] for stem in labels],
            "subject": every_image_alone(labels),
            "expression": list(labels.values()),
            "official_split": [stem.partition("_")[0] for stem in labels],
        }
    )
    return _with_attributes(root, frame, list(labels), options)


def _labels(path: Path) -> dict[str, str]:
    """Return stem -> expression."""
    labels: dict[str, str] = {}
    codes = {str(code): word for code, word in enumerate(EXPRESSIONS, start=1)}
    for line, fields in read_fields(path):
        if len(fields) != 2 or not _NAME.fullmatch(fields[0]):
            raise bad_line(path, line, "not '<train or test>_<number>.jpg <label>'")
        stem = fields[0].removesuffix(".jpg")
        if fields[1] not in codes:
            raise bad_line(path, line, f"label '{fields[1]}' is unknown; labels are 1 to 7")
        if stem in labels:
            raise bad_line(path, line, f"'{fields[0]}' stands there twice")
        labels[stem] = codes[fields[1]]
    return labels


def _stems(root: Root, folder: str) -> dict[str, str]:
    """Return stem, as in the list -> image."""
    return {Path(image).stem.removesuffix("_aligned"): image for image in image_files(root, folder)}


def _compare(root: Root, path: Path, folder: str, labels: dict[str, str], there: dict[str, str]) -> None:
    for some, others, what in (
        (labels, there, f"{path}: its image '{{}}' is not in {folder}. Unpack the archive again."),
        (there, labels, f"{root / folder}: {path.name} has no label of '{{}}'. Take the image out."),
    ):
        if lacking := [name for name in some if name not in others]:
            raise ManifestError(f"{what.format(lacking[0])} {len(lacking)} in all.")


def _with_attributes(root: Root, frame: pd.DataFrame, stems: list[str], options: Options) -> pd.DataFrame:
    folder = next((name for name in ("Annotation/manual", "manual") if (root / name).is_dir()), None)
    if folder is None:
        return frame
    facts = [_attributes(root / f"{folder}/{stem}_manu_attri.txt") for stem in stems]
    frame["gender"] = [gender for _, gender, _, _ in facts]
    frame["ethnicity"] = [ethnicity for _, _, ethnicity, _ in facts]
    frame["x_age_range"] = [age for *_, age in facts]
    if options.images == "original":
        frame = frame.assign(**eye_facts(np.array([eyes for eyes, *_ in facts])))
    return known_labels(frame, "ethnicity")


def _attributes(path: Path) -> tuple[np.ndarray, str | None, str | None, str | None]:
    """Return both eyes (2, 2), gender, ethnicity and range of ages of one image."""
    if not path.is_file():
        return np.full((2, 2), np.nan), None, None, None
    lines = read_lines(path)
    points = [line.split() for _, line in lines[:5]]
    codes = [line.strip() for _, line in lines[5:]]
    tables: tuple[dict, ...] = (GENDERS, ETHNICITIES, AGES)
    if len(codes) != 3 or any(code not in table for code, table in zip(codes, tables, strict=False)):
        raise ManifestError(
            f"{path}: not five points, then the codes of gender (0 to 2), race (0 to 2) and age (0 to 4). "
            "Replace it by the owners' own."
        )
    try:
        eyes = np.array(points[:2], dtype=np.float64).reshape(2, 2)
    except ValueError:
        raise ManifestError(
            f"{path}: its first two lines are not the eyes' x and y. Replace it by the owners' own."
        ) from None
    return eyes, GENDERS[codes[0]], ETHNICITIES[codes[1]], AGES[codes[2]]
