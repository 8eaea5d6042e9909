"""IMDB-WIKI (Rothe, Timofte and Van Gool 2015): crops with age and gender from `imdb.mat`, `wiki.mat`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from engram.config.base import Strict
from engram.core.errors import ManifestError
from engram.data.images.readers._facts import count_left_out, refuse_missing
from engram.data.images.readers._walk import Root, image_files

__all__ = ["LAYOUT", "Options", "age_in_years", "present", "read"]

LAYOUT = (
    "imdb_crop/imdb.mat with imdb_crop/<00 to 99>/*.jpg, and the same for wiki (wiki_crop/wiki.mat); one of "
    "both is enough."
)
#: The oldest age that is believed; a wrong date of birth gives higher ones.
OLDEST = 100
_SUBJECT = re.compile(r"(?:.*/)?(?P<subject>nm[0-9]+|[0-9]+)_[^/]*", re.ASCII)


class Options(Strict):
    """What can be chosen."""

    part: Literal["imdb", "wiki", "both"] = "both"
    """Which of the two; both takes what is there."""
    face_score: float = Field(default=1.0)
    """The least score of an image's face; without a face it is negative infinity."""
    second_face: Literal["leave out", "keep"] = "leave out"
    """What to do with images on which a second face was found."""


def present(root: Root) -> bool:
    """Whether one of the two is in ``root``."""
    return any(_file(root, part) for part in ("imdb", "wiki"))


def read(root: Root, options: Options = Options()) -> pd.DataFrame:  # noqa: B008, it cannot change
    """Return the manifest: age on the first of July of the year, gender, subject, name if it is there.

    The owners' boxes belong to the whole photographs, not to the crops, and are left out.
    """
    parts = ["imdb", "wiki"] if options.part == "both" else [options.part]
    files = {part: path for part in parts if (path := _file(root, part))}
    if not files:
        raise ManifestError(f"{root}: {options.part}.mat is missing. Expected: {LAYOUT}")
    frames = [_part(root, part, path, options) for part, path in files.items()]
    counts: dict[str, int] = {}
    for frame in frames:
        for reason, count in frame.attrs.pop("left_out").items():
            counts[reason] = counts.get(reason, 0) + count
    return count_left_out(pd.concat(frames, ignore_index=True), counts)


def age_in_years(birth: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return ages by the owners' formula, int64: the years of the days from birth to the first of July.

    Parameters
    ----------
    birth
        Dates as MATLAB counts them, in days, the first of January of the year 0 being 1.
    taken
        Years.
    """
    start = np.datetime64("0000-01-01", "D")
    middle = taken.astype(np.int64).astype(str)
    july = np.array([f"{year.zfill(4)}-07-01" for year in middle], dtype="datetime64[D]")
    days = (july - start).astype(np.int64) + 1 - np.floor(birth).astype(np.int64)
    return (start + (days - 1).astype("timedelta64[D]")).astype("datetime64[Y]").astype(np.int64) + 1970


def _file(root: Root, part: str) -> Path | None:
    paths = [root / f"{folder}{part}.mat" for folder in (f"{part}_crop/", f"{part}/", "")]
    return next((path for path in paths if path.is_file()), None)


def _part(root: Root, part: str, path: Path, options: Options) -> pd.DataFrame:
    facts = _table(path, part)
    folder = f"{part}_crop" if (root / f"{part}_crop").is_dir() else part
    facts["image"] = f"{folder}/" + facts["full_path"]
    if facts["image"].duplicated().any():
        facts = facts.drop_duplicates("image", ignore_index=True)
    left_out = {
        "no_face": ~np.isfinite(facts["face_score"]),
        "low_score": np.isfinite(facts["face_score"]) & (facts["face_score"] < options.face_score),
        "second_face": (facts["second_face_score"] > 0) & (options.second_face == "leave out"),
    }
    kept = ~np.logical_or.reduce(list(left_out.values()))
    frame = facts[kept].reset_index(drop=True)
    refuse_missing(root, str(path), frame["image"], set(image_files(root, folder)))
    subjects = frame["full_path"].str.extract(_SUBJECT)["subject"]
    if subjects.isna().any():
        image = frame["full_path"][int(subjects.isna().to_numpy().argmax())]
        raise ManifestError(
            f"{path}: the name of '{image}' does not begin with its subject's number. "
            "Replace the file by the published one."
        )
    ages = age_in_years(frame["dob"].to_numpy(np.float64), frame["photo_taken"].to_numpy(np.float64))
    made = pd.DataFrame(
        {
            "image": frame["image"],
            "subject": f"{part} " + subjects,
            "gender": frame["gender"].map({0.0: "female", 1.0: "male"}),
            "age": np.where((ages >= 0) & (ages <= OLDEST), ages, np.nan),
        }
    )
    if "name" in frame:
        made["x_name"] = frame["name"]
    made.attrs["left_out"] = {reason: int(rows.sum()) for reason, rows in left_out.items()}
    return made


def _table(path: Path, part: str) -> pd.DataFrame:
    """Return the fields of a MATLAB structure, a row an image."""
    from scipy.io import loadmat

    numbers = ("dob", "photo_taken", "gender", "face_score", "second_face_score")
    try:
        struct: Any = loadmat(path, variable_names=[part])[part][0, 0]
        table = {name: np.asarray(struct[name], np.float64).ravel() for name in numbers}
        table["full_path"] = np.array(
            [str(cell.item()) for cell in struct["full_path"].ravel()], dtype=object
        )
        if "name" in (struct.dtype.names or ()):
            # Of some images no name is known: an empty cell.
            cells = struct["name"].ravel()
            table["name"] = np.array(
                [str(cell.item()) if cell.size else None for cell in cells], dtype=object
            )
        frame = pd.DataFrame(table)
    except Exception as error:  # loadmat raises almost anything on damaged bytes
        raise ManifestError(
            f"{path}: no structure '{part}' with {', '.join(numbers)} and full_path can be read "
            f"({type(error).__name__}: {error}). Replace the file by the published one."
        ) from None
    years = frame["photo_taken"]
    if not (np.isfinite(frame["dob"]) & years.between(0, 9999) & frame["dob"].between(-1e7, 1e7)).all():
        raise ManifestError(
            f"{path}: 'dob' or 'photo_taken' holds no date. Replace the file by the published one."
        )
    return frame
