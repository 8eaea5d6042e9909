"""The images that a user means by files, folders and lists, one after another."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from engram.core.errors import DataMissingError

__all__ = ["ENDINGS", "find_images"]

#: Files of a folder that are taken for images; a file that is named is always one.
ENDINGS = frozenset(
    (".bmp", ".gif", ".jp2", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
#: Ending of a list: a text file with one path a line.
_LIST = ".txt"


def find_images(places: Iterable[str | Path]) -> Iterator[Path]:
    """Give every image of ``places``: images, folders (with all below them) and text lists.

    A list's paths are relative to the list's own folder. The order is that of ``places``, and
    within a folder that of the names; nothing is kept in memory but one folder's listing.

    Raises
    ------
    DataMissingError
        If a place is not there. An image that a list names and that is not there is no error
        here: reading it fails later.
    """
    for place in map(Path, places):
        if not place.exists():
            raise DataMissingError(
                f"{place}: there is no such file or folder. Give images, folders of images, "
                "or .txt lists with one path a line."
            )
        if place.is_dir():
            yield from _below(place)
        elif place.suffix.lower() == _LIST:
            yield from _listed(place)
        else:
            yield place


def _below(folder: Path) -> Iterator[Path]:
    for base, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if Path(name).suffix.lower() in ENDINGS:
                yield Path(base, name)


def _listed(path: Path) -> Iterator[Path]:
    try:
        with open(path, encoding="utf-8-sig") as lines:
            for line in lines:
                if name := line.strip():
                    yield path.parent / name
    except UnicodeDecodeError:
        raise DataMissingError(f"{path}: this list is no text in UTF-8. Write one path a line.") from None
