"""Face Research Lab London Set (DeBruine and Jones 2017): a neutral and a smiling front image a subject."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from engram.core.errors import ManifestError
from engram.core.labels import CLASSES
from engram.data.images.readers._walk import Root, image_files
from engram.data.listing import read_rows

__all__ = ["LAYOUT", "present", "read"]

INFO = "london_faces_info.csv"
LAYOUT = (
    "neutral_front/001_03.jpg, smiling_front/001_08.jpg, "
    f"and {INFO} (face_id, face_age, face_gender, face_eth)."
)

#: Folder -> its expression and the number in its files' names.
FOLDERS = {"neutral_front": ("neutral", "03"), "smiling_front": ("happiness", "08")}
_COLUMNS = {"face_id": "subject", "face_age": "age", "face_gender": "gender", "face_eth": "ethnicity"}


def present(root: Root) -> bool:
    """Whether the data set is in ``root``."""
    return (root / INFO).is_file() and any((root / folder).is_dir() for folder in FOLDERS)


def read(root: Root) -> pd.DataFrame:
    """Return the London set's manifest.

    Smiling counts as happiness. Ethnicities that are combined or not among the task's classes
    are missing rather than forced into one.
    """
    images = pd.DataFrame(_images(root), columns=["image", "subject", "expression"])
    subjects = _subjects(root / INFO)
    unknown = ~images["subject"].isin(subjects["subject"])
    if unknown.any():
        image = images["image"][int(unknown.to_numpy().argmax())]
        raise ManifestError(
            f"{root / image}: {INFO} does not know this subject. Add a row, or move the image away."
        )
    frame = images.merge(subjects, on="subject", how="left", validate="many_to_one")
    return frame.assign(pose="straight")


def _images(root: Root) -> list[tuple[str, str, str]]:
    rows = []
    for folder, (expression, number) in FOLDERS.items():
        for image in image_files(root, folder):
            match = re.fullmatch(rf"{folder}/([0-9]{{3}})_{number}\.jpe?g", image, re.ASCII)
            if match is None:
                raise ManifestError(
                    f"{root / image}: not a London Set name. Expected: {LAYOUT} Rename or move the file."
                )
            rows.append((image, match[1], expression))
    return rows


def _subjects(path: Path) -> pd.DataFrame:
    table = read_rows(path, "Replace it by the published one.")
    table = table.where(table != "NA")
    for column in _COLUMNS:
        if column not in table:
            raise ManifestError(
                f"{path}: the column '{column}' is missing. Replace it by the published table."
            )
    table = table[list(_COLUMNS)].rename(columns=_COLUMNS)
    if table["subject"].duplicated().any():
        twice = table["subject"][table["subject"].duplicated()].iloc[0]
        raise ManifestError(f"{path}: face_id '{twice}' stands there twice. Take one row out.")
    table["ethnicity"] = table["ethnicity"].where(table["ethnicity"].isin(CLASSES["ethnicity"]))
    return table
