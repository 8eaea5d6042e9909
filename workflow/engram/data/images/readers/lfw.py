"""Labeled Faces in the Wild (Huang et al. 2007): 13,233 images of 5,749 subjects, and ten folds of pairs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pandas as pd

from engram.config.base import Strict
from engram.core.errors import ManifestError
from engram.data.images.readers._lines import bad_line, read_fields
from engram.data.images.readers._walk import Root, matched_files

__all__ = ["LAYOUT", "Options", "present", "read"]

FOLDERS = ("lfw", "lfw_funneled", "lfw-funneled", "lfw-deepfunneled")
PAIRS = "pairs.txt"
LAYOUT = (
    "lfw/, lfw_funneled/, lfw-funneled/ or lfw-deepfunneled/ with <Name>/<Name>_0001.jpg, and optionally "
    f"{PAIRS} (view 2: ten folds of pairs)."
)


class Options(Strict):
    """What can be chosen."""

    images: Literal[FOLDERS] | None = None  # type: ignore[valid-type]
    """Which of the folders, where several are there; by default the first in the order of the layout."""


def present(root: Root) -> bool:
    """Whether one of the folders is in ``root``."""
    return any((root / name).is_dir() for name in FOLDERS)


def read(root: Root, options: Options = Options()) -> pd.DataFrame:  # noqa: B008, it cannot change
    """Return LFW's manifest.

    With ``pairs.txt``, ``x_fold`` is the fold of view 2 (from 1) in which a subject is tested, and
    ``x_pairs`` the numbers of an image's pairs, from 0 in the order of the list: two images that share a
    number are a pair, see `engram.data.pairs.official_pairs`. These subjects are the test subset, and
    ``official_split`` says so.
    """
    folder = options.images or next(name for name in FOLDERS if (root / name).is_dir())
    layout = f"{folder}/<Name>/<Name>_0001.jpg."
    pattern = re.compile(
        rf"{folder}/(?P<subject>[^/]+)/(?P=subject)_(?P<number>[0-9]{{4}})\.jpe?g", re.IGNORECASE
    )
    rows = [(image, match["subject"]) for image, match in matched_files(root, pattern, layout, folder)]
    if not rows:
        raise ManifestError(f"{root / folder}: there are no images. Expected: {LAYOUT}")
    frame = pd.DataFrame(rows, columns=["image", "subject"])
    path = next((root / name for name in (PAIRS, f"{folder}/{PAIRS}") if (root / name).is_file()), None)
    return frame if path is None else _with_pairs(frame, path)


def _with_pairs(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    stems = {Path(image).stem: row for row, image in enumerate(frame["image"])}
    folds: dict[str, int] = {}
    pairs: dict[int, list[str]] = defaultdict(list)
    for pair, (line, fold, faces) in enumerate(_pairs(path)):
        for name, image in faces:
            row = stems.get(f"{name}_{image:04d}")
            if row is None:
                raise bad_line(path, line, f"there is no image {name}_{image:04d}")
            if folds.setdefault(name, fold) != fold:
                raise bad_line(path, line, f"'{name}' stands in the folds {folds[name]} and {fold}")
            pairs[row].append(str(pair))
    frame["x_fold"] = frame["subject"].map(folds).astype("Int64")
    frame["official_split"] = pd.Series("test", index=frame.index, dtype=object).where(
        frame["x_fold"].notna()
    )
    frame["x_pairs"] = pd.Series({row: " ".join(numbers) for row, numbers in pairs.items()}, dtype=object)
    return frame


def _pairs(path: Path) -> Iterator[tuple[int, int, list[tuple[str, int]]]]:
    """Yield line, fold and both faces (name, number) of each pair."""
    lines = list(read_fields(path))
    head = lines[0][1] if lines else []
    if len(head) != 2 or not all(word.isdigit() for word in head):
        raise bad_line(path, 1, "not the number of folds and of pairs of each kind")
    folds, size = map(int, head)
    if len(lines) - 1 != 2 * folds * size:
        raise bad_line(path, lines[-1][0], f"{len(lines) - 1} pairs, not {2 * folds * size}")
    for place, (line, fields) in enumerate(lines[1:]):
        fold, within = divmod(place, 2 * size)
        same = within < size
        numbers = [fields[index] for index in ((1, 2) if same else (1, 3)) if index < len(fields)]
        if len(fields) != (3 if same else 4) or not all(word.isdecimal() for word in numbers):
            raise bad_line(
                path, line, f"not a pair of {'the same subject' if same else 'different subjects'}"
            )
        first, other = map(int, numbers)
        yield line, fold + 1, [(fields[0], first), (fields[0] if same else fields[2], other)]
        if (same and first == other) or (not same and fields[0] == fields[2]):
            raise bad_line(path, line, "both images are the same, or of one subject")
