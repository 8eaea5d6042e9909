"""UNBC-McMaster shoulder pain (Lucey et al. 2011): 200 sequences of 25 subjects, a pain score a frame."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from engram.core.errors import ManifestError
from engram.core.labels import RANGES
from engram.data.images.readers._walk import Root, matched_files

__all__ = ["LAYOUT", "UNITS", "present", "read"]

LAYOUT = (
    "Images/<subject>/<sequence>/<frame>.png, such as Images/042-ll042/ll042t1aaaff/ll042t1aaaff001.png, "
    "Frame_Labels/PSPI/<subject>/<sequence>/<frame>_facs.txt, and optionally Frame_Labels/FACS/ likewise."
)
#: Action units that are coded.
UNITS = (4, 6, 7, 9, 10, 12, 15, 20, 25, 26, 27, 43, 50)


def present(root: Root) -> bool:
    """Whether frames and pain scores are in ``root``."""
    return _folder(root, "Images") is not None and _folder(root, "Frame_Labels", "PSPI") is not None


def read(root: Root) -> pd.DataFrame:
    """Return the manifest: ``pain`` is the score of Prkachin and Solomon, from 0 to 16.

    ``x_take`` is the sequence. Where the folder FACS is there, ``au4`` and so on are the intensities of the
    action units, 0 for units that were not coded in a frame. For the usual protocol:
    `split: {scheme: leave_one_out, folds: 25}`.
    """
    folder, scores = _folder(root, "Images"), _folder(root, "Frame_Labels", "PSPI")
    units = _folder(root, "Frame_Labels", "FACS")
    pattern = re.compile(
        rf"{folder}/(?P<subject>[^/]+)/(?P<sequence>[^/]+)/(?P<frame>[^/]+)\.png", re.IGNORECASE
    )
    rows = []
    for image, match in matched_files(root, pattern, LAYOUT, folder or ""):
        below = f"{match['subject']}/{match['sequence']}/{match['frame']}_facs.txt"
        score = _score(root / f"{scores}/{below}")
        active = _active(root / f"{units}/{below}") if units else {}
        take = f"{match['subject']}/{match['sequence']}"
        rows.append((image, match["subject"], score, take, *(active.get(unit, 0) for unit in UNITS)))
    frame = pd.DataFrame(
        rows, columns=["image", "subject", "pain", "x_take", *(f"au{unit}" for unit in UNITS)]
    )
    return frame if units else frame.drop(columns=[f"au{unit}" for unit in UNITS])


def _folder(root: Root, *names: str) -> str | None:
    """Return a folder of the owners; some copies hold the outer one twice."""
    for path in ("/".join(names), "/".join((names[0], *names))):
        if (root / path).is_dir() and not (len(names) == 1 and (root / f"{path}/{names[0]}").is_dir()):
            return path
    return None


def _numbers(path: Path) -> list[list[float]]:
    """Return the numbers of each line; an empty file has none."""
    try:
        return [
            [float(word) for word in line.split()] for line in path.read_text().splitlines() if line.strip()
        ]
    except FileNotFoundError:
        raise ManifestError(
            f"{path}: this label is missing. Unpack the owners' archive again, or take the frame out."
        ) from None
    except (OSError, ValueError) as error:
        raise ManifestError(
            f"{path}: this label cannot be read ({error}). Replace it by the owners' own."
        ) from None


def _score(path: Path) -> int:
    numbers = [value for line in _numbers(path) for value in line]
    low, high = RANGES["pain"]
    if len(numbers) != 1 or not low <= numbers[0] <= high:
        raise ManifestError(
            f"{path}: not one pain score from {low:g} to {high:g}. Replace it by the owners' own."
        )
    return int(numbers[0])


def _active(path: Path) -> dict[int, int]:
    """Return action unit -> intensity; a unit that is 0 is a filler."""
    lines = _numbers(path)
    if any(len(line) < 2 for line in lines):
        raise ManifestError(
            f"{path}: not an action unit and its intensity in each line. Replace it by the owners' own."
        )
    return {int(unit): int(intensity) for unit, intensity, *_ in lines if unit}
