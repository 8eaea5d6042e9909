"""The image files of a folder, in an order that does not depend on the file system."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from engram.core.errors import ManifestError

__all__ = ["has_images", "image_files", "is_image_name", "matched_files"]

_ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


def is_image_name(name: str) -> bool:
    """Whether a file of this name is meant to be an image; hidden files are not."""
    return name.lower().endswith(_ENDINGS) and not name.startswith(".")


def image_files(root: Path) -> Iterator[str]:
    """Yield every image below ``root`` relative to it, with forward slashes, folder by folder, sorted.

    Links to folders are not followed: they may lead out of the data set or in circles.
    """
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(filter(is_image_name, files)):
            yield (Path(folder) / file).relative_to(root).as_posix()


def has_images(root: Path) -> bool:
    """Whether there is an image below ``root``."""
    return next(image_files(root), None) is not None


def matched_files(root: Path, pattern: re.Pattern[str], layout: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield every image below ``root`` with the match of its relative path.

    Raises
    ------
    ManifestError
        If a path does not match; ``layout`` says what was expected.
    """
    for image in image_files(root):
        match = pattern.fullmatch(image)
        if match is None:
            raise ManifestError(
                f"{root / image}: not of this data set. Expected: {layout} Rename or move it."
            )
        yield image, match
