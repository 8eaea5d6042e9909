"""The images that a user means by files and folders, one after another."""

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


def find_images(places: Iterable[str | Path]) -> Iterator[Path]:
    """Give every image of ``places``: images, and folders with all below them.

    The order is that of ``places``, and within a folder that of the names; nothing is kept in memory but one
    folder's listing.

    Raises
    ------
    DataMissingError
        If a place is not there.
    """
    for place in map(Path, places):
        if not place.exists():
            raise DataMissingError(
                f"{place}: there is no such file or folder. Give images, or folders of images."
            )
        if not place.is_dir():
            yield place
            continue
        for base, folders, files in os.walk(place):
            folders.sort()
            yield from (Path(base, name) for name in sorted(files) if Path(name).suffix.lower() in ENDINGS)
