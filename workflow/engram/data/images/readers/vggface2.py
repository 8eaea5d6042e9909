"""VGGFace2 (Cao et al. 2018): 3.3 million loose crops of 9,131 subjects, a folder each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pandas as pd

from engram.config.base import Strict
from engram.core.errors import ManifestError
from engram.data.images.readers._facts import box_facts, eye_facts
from engram.data.images.readers._lines import bad_line, read_lines
from engram.data.images.readers._walk import Root, matched_files

__all__ = ["LAYOUT", "Options", "present", "read"]

PARTS = ("train", "test")
LAYOUT = (
    "train/n000002/0001_01.jpg and test/n000001/0001_01.jpg, one of both is enough; optionally "
    "identity_meta.csv (or meta/), bb_landmark/loose_bb_train.csv and loose_landmark_train.csv, and for test."
)
GENDERS = {"m": "male", "f": "female"}


class Options(Strict):
    """What can be chosen."""

    part: Literal["train", "test", "both"] = "both"
    """Which of the owners' parts; both takes what is there."""


def present(root: Root) -> bool:
    """Whether one of the parts is in ``root``."""
    return any((root / part).is_dir() for part in PARTS)


def read(root: Root, options: Options = Options()) -> pd.DataFrame:  # noqa: B008, it cannot change
    """Return VGGFace2's manifest: subject, the owners' part as ``official_split``, and gender and name.

    The latter two are there if their list is.
    """
    parts = [part for part in PARTS if options.part in (part, "both") and (root / part).is_dir()]
    if not parts:
        raise ManifestError(f"{root / options.part}: this folder is missing. Expected: {LAYOUT}")
    rows = []
    for part in parts:
        pattern = re.compile(rf"{part}/(?P<subject>n[0-9]{{6}})/[^/]+", re.ASCII)
        for image, match in matched_files(root, pattern, LAYOUT, part):
            rows.append((image, match["subject"], part))
    frame = pd.DataFrame(rows, columns=["image", "subject", "official_split"])
    if path := _file(root, "identity_meta.csv", ("", "meta/")):
        about = _identities(path)
        frame["gender"] = frame["subject"].map({subject: gender for subject, (_, gender) in about.items()})
        frame["x_name"] = frame["subject"].map({subject: name for subject, (name, _) in about.items()})
    return frame.assign(**_places(root, frame, parts))


def _file(root: Root, name: str, folders: tuple[str, ...]) -> Path | None:
    return next(
        (root / f"{folder}{name}" for folder in folders if (root / f"{folder}{name}").is_file()), None
    )


def _identities(path: Path) -> dict[str, tuple[str, str]]:
    """Return subject -> name, gender; a name may hold commas, so fields are counted from the right."""
    found = {}
    for line, text in read_lines(path):
        fields = [field.strip() for field in text.rstrip().rstrip(",").split(",")]
        if fields[0] == "Class_ID":
            continue
        if len(fields) < 5 or fields[-1] not in GENDERS:
            raise bad_line(path, line, "not Class_ID, Name, Sample_Num, Flag, Gender (m or f)")
        found[fields[0]] = ", ".join(fields[1:-3]).strip('"'), GENDERS[fields[-1]]
    return found


def _places(root: Root, frame: pd.DataFrame, parts: list[str]) -> dict:
    """Return the boxes and eyes that the owners give in the crops."""
    keys = frame["image"].str.partition("/")[2].str.rpartition(".")[0]
    facts: dict = {}
    for kind, columns in (("bb", ["X", "Y", "W", "H"]), ("landmark", ["P1X", "P1Y", "P2X", "P2Y"])):
        tables = [
            _table(path, columns)
            for part in parts
            if (path := _file(root, f"loose_{kind}_{part}.csv", ("bb_landmark/", "")))
        ]
        if tables:
            values = pd.concat(tables).reindex(keys).to_numpy()
            facts |= box_facts(values) if kind == "bb" else eye_facts(values)
    return facts


def _table(path: Path, columns: list[str]) -> pd.DataFrame:
    """Return a table of millions of rows by NAME_ID."""
    try:
        types = {"NAME_ID": "str"} | dict.fromkeys(columns, "float64")
        table = pd.read_csv(path, usecols=[*types], dtype=types, skipinitialspace=True)
    except Exception as error:  # pandas raises almost anything on damaged text
        raise ManifestError(
            f"{path}: this table cannot be read ({error}). Replace it by the owners' own."
        ) from None
    if table["NAME_ID"].duplicated().any():
        twice = table["NAME_ID"][table["NAME_ID"].duplicated()].iloc[0]
        raise ManifestError(f"{path}: '{twice}' stands there twice. Replace the table by the owners' own.")
    return table.set_index("NAME_ID")[columns]
