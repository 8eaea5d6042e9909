"""EmotioNet (Fabian Benitez-Quiroz et al. 2016): images of the web with action units; many links are dead."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from engram.core.errors import ManifestError
from engram.data.images.readers._facts import count_left_out, every_image_alone
from engram.data.images.readers._walk import Root, image_files
from engram.data.listing import read_rows

__all__ = ["LAYOUT", "present", "read"]

LAYOUT = (
    "N_0000000001/N_0000000001_00001.jpg, in any folder, and optionally the owners' lists dataFile_0001.txt "
    "(62 columns) and EmotioNet_FACS_*.csv."
)
UNITS = tuple(range(1, 61))
#: What stands where a unit was not annotated.
NOT_ANNOTATED = 999
_NAME = re.compile(r"(?:.*/)?(?P<stem>N_[0-9]{10}_[0-9]{5})\.\w+", re.ASCII)
_WAY_OUT = "Replace it by the owners' own."


def present(root: Root) -> bool:
    """Whether an image of the data set is in ``root``."""
    return any(_NAME.fullmatch(image) for image in image_files(root))


def read(root: Root) -> pd.DataFrame:
    """Return the manifest of the images that are there; ``au1`` to ``au60`` are units where annotated.

    Where several lists name an image, that of people counts. Nobody knows who is on which image, so each
    is its own subject.
    """
    found = {match["stem"]: image for image in image_files(root) if (match := _NAME.fullmatch(image))}
    frame = pd.DataFrame({"image": list(found.values()), "subject": every_image_alone(found)})
    tables = [_automatic(path) for path in _lists(root, "dataFile_*.txt")]
    tables += [_manual(path) for path in _lists(root, "EmotioNet_FACS_*.csv")]
    if not tables:
        return frame
    units = pd.concat(tables)
    units = units[~units.index.duplicated(keep="last")]
    absent = int((~units.index.isin(list(found))).sum())
    units = units.reindex(list(found)).dropna(axis=1, how="all").reset_index(drop=True)
    return count_left_out(pd.concat([frame, units], axis=1), {"not_downloaded": absent})


def _lists(root: Root, name: str) -> list[Path]:
    """Return the lists beside the images, or one folder below."""
    folder = root / "."
    return sorted([*folder.glob(name), *folder.glob(f"*/{name}")])


def _automatic(path: Path) -> pd.DataFrame:
    """Return the units by image of a list without header: address, original address, 60 units."""
    try:
        types: dict[int, str] = {0: "str"} | dict.fromkeys(range(2, 62), "float32")
        table = pd.read_csv(path, sep="\t", header=None, dtype=types, quoting=3)
    except Exception as error:  # pandas raises almost anything on damaged text
        raise ManifestError(f"{path}: this list cannot be read ({error}). {_WAY_OUT}") from None
    if table.shape[1] != 62:
        raise ManifestError(f"{path}: {table.shape[1]} columns, not 62 parted by tabs. {_WAY_OUT}")
    return _units(path, table[0], table[list(range(2, 62))])


def _manual(path: Path) -> pd.DataFrame:
    """Return the units by image of the list of 2020; names and addresses hold stray quotes and blanks."""
    table = read_rows(path, _WAY_OUT)
    table.columns = [str(name).strip("'\" ") for name in table.columns]
    names = [f"AU {unit}" for unit in UNITS if f"AU {unit}" in table]
    if "URL" not in table or not names:
        raise ManifestError(f"{path}: the columns URL and AU 1 to AU 60 are missing. {_WAY_OUT}")
    values = table[names].apply(pd.to_numeric, errors="coerce")
    values.columns = [int(name.removeprefix("AU ")) + 1 for name in names]
    return _units(path, table["URL"], values)


def _units(path: Path, addresses: pd.Series, values: pd.DataFrame) -> pd.DataFrame:
    """Return 0, 1 or missing by the image's name; columns stand two after their unit."""
    stems = addresses.fillna("").str.strip("'\" ").map(lambda address: PurePosixPath(address).stem)
    wrong = ~values.isin([0, 1, NOT_ANNOTATED]).all(axis=1) | ~stems.str.fullmatch(r"N_[0-9]{10}_[0-9]{5}")
    if wrong.any():
        raise ManifestError(
            f"{path}, row {int(wrong.to_numpy().argmax())}: not the address of an image and 0, 1 or "
            f"{NOT_ANNOTATED} for each unit. {_WAY_OUT}"
        )
    units = values.mask(values == NOT_ANNOTATED, np.nan).astype("float32")
    units.columns = [f"au{int(place) - 1}" for place in values.columns]
    units.index = pd.Index(stems, name=None)
    return units
