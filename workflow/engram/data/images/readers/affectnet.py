"""AffectNet (Mollahosseini et al. 2017), both releases: lists with boxes, and cropped faces with annotations.

The owners keep their test subset, so papers test on the validation subset: it is ``test`` here.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from engram.config.base import Strict
from engram.core.errors import ManifestError
from engram.data.images.readers._facts import (
    box_facts,
    count_left_out,
    every_image_alone,
    eye_facts,
    known_labels,
    refuse_missing,
)
from engram.data.images.readers._lines import bad_line, number, read_fields
from engram.data.images.readers._walk import Root, image_files

__all__ = ["LAYOUT", "Options", "present", "read"]

LAYOUT = (
    "either Manually_Annotated_file_lists/training.csv and validation.csv beside "
    "Manually_Annotated_Images/<number>/<hash>.<ending> (and the same with Automatically, "
    "automatically_annotated.csv), or train_set/images/<id>.jpg and train_set/annotations/<id>_exp.npy, "
    "<id>_val.npy, <id>_aro.npy, <id>_lnd.npy, and the same in val_set."
)

#: The codes 0 to 7; 8, 9 and 10 are no expressions.
EXPRESSIONS = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
LEFT_OUT = {8: "none", 9: "uncertain", 10: "no_face"}
#: Points of the 68 that go round the eye at the image's left, and at its right.
EYE_POINTS = (slice(36, 42), slice(42, 48))
#: The lists of each choice of annotations, with the subset that they are; and where images may lie.
LISTS = {
    "manual": (("training.csv", "train"), ("validation.csv", "test")),
    "automatic": (("automatically_annotated.csv", "train"),),
}
_WORDS = {"manual": "Manually_Annotated", "automatic": "Automatically_Annotated"}
_COLUMNS = (
    *("subDirectory_filePath", "face_x", "face_y", "face_width", "face_height"),
    *("facial_landmarks", "expression", "valence", "arousal"),
)
_SETS = {"train_set": "train", "val_set": "test"}
_NO_EYES = np.full((2, 2), np.nan)


class Options(Strict):
    """What can be chosen."""

    annotations: Literal["manual", "automatic", "both"] = "manual"
    """Of the release with lists: those of people, those of a network, or both."""


class _Row(NamedTuple):
    image: str
    expression: int
    valence: float
    arousal: float
    box: tuple[float, float, float, float]
    eyes: np.ndarray
    official_split: str


def present(root: Root) -> bool:
    """Whether one of the releases is in ``root``."""
    return bool(_lists(root, "manual") or _lists(root, "automatic")) or any(
        (root / f"{name}/images").is_dir() for name in _SETS
    )


def read(root: Root, options: Options = Options()) -> pd.DataFrame:  # noqa: B008, it cannot change
    """Return AffectNet's manifest.

    Images without an expression (none, uncertain, no face) are left out. Contempt has no label where the
    label set has no such class. Nobody knows who is on which image, so each is its own subject.
    """
    cropped = any((root / f"{name}/images").is_dir() for name in _SETS)
    rows = list(_annotated(root) if cropped else _listed(root, options))
    # The owners list some images twice; an image has one row.
    unique: dict[str, _Row] = {}
    for row in rows:
        unique.setdefault(row.image, row)
    kept = [row for row in unique.values() if row.expression < len(EXPRESSIONS)]
    frame = pd.DataFrame(
        {
            "image": [row.image for row in kept],
            "subject": every_image_alone(row.image for row in kept),
            "expression": [EXPRESSIONS[row.expression] for row in kept],
            "official_split": [row.official_split for row in kept],
            "x_valence": [row.valence for row in kept],
            "x_arousal": [row.arousal for row in kept],
            **box_facts([row.box for row in kept]),
            **eye_facts(np.array([row.eyes for row in kept])),
        }
    )
    counts = Counter(LEFT_OUT[row.expression] for row in unique.values() if row.expression in LEFT_OUT)
    return count_left_out(known_labels(frame, "expression"), {**counts, "twice": len(rows) - len(unique)})


def _lists(root: Root, kind: str) -> list[tuple[Path, str]]:
    """Return the lists that are there, with their subsets: folders differ between copies, in case too."""
    word = _WORDS[kind]
    folders = [f"{word}_file_lists", f"{word}_file_list", f"{word.capitalize()}_file_list", word, ""]
    found = []
    for name, subset in LISTS[kind]:
        paths = [root / f"{folder}/{name}".lstrip("/") for folder in folders]
        if path := next((path for path in paths if path.is_file()), None):
            found.append((path, subset))
    return found


def _image_folder(root: Root, kind: str) -> str:
    word = _WORDS[kind]
    names = [f"{word}_Images", f"{word}/{word}_Images", word]
    found = next((name for name in names if (root / name).is_dir()), None)
    if found is None:
        raise ManifestError(f"{root}: the folder {names[0]} is missing. Expected: {LAYOUT}")
    return found


def _listed(root: Root, options: Options) -> Iterator[_Row]:
    kinds = ["manual", "automatic"] if options.annotations == "both" else [options.annotations]
    for kind in kinds:
        lists = _lists(root, kind)
        if not lists:
            raise ManifestError(
                f"{root}: the lists {', '.join(name for name, _ in LISTS[kind])} of the {kind} annotations "
                f"are missing. Expected: {LAYOUT}"
            )
        folder = _image_folder(root, kind)
        there = set(image_files(root, folder))
        for path, subset in lists:
            rows = list(_table(path, folder, subset))
            refuse_missing(root, str(path), (row.image for row in rows), there)
            yield from rows


def _table(path: Path, folder: str, subset: str) -> Iterator[_Row]:
    """Yield the rows of a list; some copies have no header."""
    for line, fields in read_fields(path, ","):
        if fields[0] == _COLUMNS[0]:
            continue
        if len(fields) != len(_COLUMNS):
            raise bad_line(
                path, line, f"{len(fields)} fields, not the {len(_COLUMNS)} of {', '.join(_COLUMNS)}"
            )
        image, left, top, width, height, landmarks, code, valence, arousal = fields
        expression = int(number(path, line, code, "expression", 0, max(LEFT_OUT)))
        known = expression < len(EXPRESSIONS)
        # Where there is no face the box is negative.
        words = (left, top, width, height) if known else ("0",) * 4
        x, y, wide, high = (number(path, line, word, "box", -1e6, 1e6) for word in words)
        yield _Row(
            f"{folder}/{image}",
            expression,
            number(path, line, valence, "valence", -2, 1),
            number(path, line, arousal, "arousal", -2, 1),
            (x, y, wide, high),
            _eyes(path, line, landmarks) if known else _NO_EYES,
            subset,
        )


def _eyes(path: Path, line: int, landmarks: str) -> np.ndarray:
    try:
        points = np.array([float(word) for word in landmarks.split(";") if word])
        return _eye_centres(points)
    except ValueError:
        raise bad_line(path, line, "'facial_landmarks' are not 68 points x;y") from None


def _eye_centres(points: np.ndarray) -> np.ndarray:
    """Return the (2, 2) middles of both eyes of 68 points, or of none NaN."""
    if points.size == 0:
        return _NO_EYES
    points = points.reshape(68, 2)
    return np.array([points[eye].mean(axis=0) for eye in EYE_POINTS])


def _annotated(root: Root) -> Iterator[_Row]:
    """Yield the rows of the release with cropped faces and a file an annotation."""
    for name, subset in _SETS.items():
        for image in image_files(root, f"{name}/images"):
            stem = f"{name}/annotations/{Path(image).stem}"
            code, valence, arousal = (
                _value(root / f"{stem}_{kind}.npy", low, high)
                for kind, low, high in (("exp", 0, 7), ("val", -1, 1), ("aro", -1, 1))
            )
            eyes = _landmarks(root / f"{stem}_lnd.npy")
            yield _Row(image, int(code), valence, arousal, (np.nan,) * 4, eyes, subset)


def _value(path: Path, low: float, high: float) -> float:
    """Return a number that is stored as one, or as text."""
    try:
        value = float(_array(path).item())
    except (TypeError, ValueError):
        value = float("nan")
    if not low <= value <= high:
        raise ManifestError(
            f"{path}: this annotation is no number from {low:g} to {high:g}. Replace it by the owners' own."
        )
    return value


def _landmarks(path: Path) -> np.ndarray:
    if not path.is_file():
        return _NO_EYES
    try:
        return _eye_centres(_array(path).astype(np.float64).ravel())
    except (TypeError, ValueError):
        raise ManifestError(f"{path}: these are not 68 points x, y. Replace it by the owners' own.") from None


def _array(path: Path) -> np.ndarray:
    """Return a small array; the file is read in one piece, which for a million files counts."""
    try:
        return np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
    except FileNotFoundError:
        raise ManifestError(
            f"{path}: this annotation is missing. Unpack the owners' archive again, or take the image out."
        ) from None
    except (OSError, ValueError, EOFError) as error:
        raise ManifestError(
            f"{path}: this annotation cannot be read ({error}). Replace it by the owners' own."
        ) from None
