"""The image files of a folder, in an order that does not depend on the file system."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engram.core.errors import ManifestError

__all__ = ["DataFolder", "Root", "has_images", "image_files", "is_image_name", "matched_files"]

_ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class DataFolder:
    """A data set's own folder, and the folders outside it that links in it may lead to."""

    path: Path
    links: tuple[Path, ...] = ()

    def __truediv__(self, name: str) -> Path:
        """Return a path below the folder."""
        return self.path / name

    def __str__(self) -> str:
        """Return the folder's path, for messages."""
        return str(self.path)


#: What readers take; a bare path allows no links.
Root = Path | DataFolder


def is_image_name(name: str) -> bool:
    """Whether a file of this name is meant to be an image; hidden files are not."""
    return name.lower().endswith(_ENDINGS) and not name.startswith(".")


def image_files(root: Root, below: str = "") -> Iterator[str]:
    """Yield every image below ``root`` relative to it, with forward slashes, folder by folder, sorted.

    No file is asked for more than its name, so that millions are listed quickly. Links to folders are
    followed only where they lead into one of the folders that a `DataFolder` allows.

    Parameters
    ----------
    root
        The data set's folder.
    below
        A folder in it, relative, to which the search is limited; nothing is there if it does not exist.

    Raises
    ------
    ManifestError
        If a folder cannot be listed, a name is no text in UTF-8, or links lead in circles.
    """
    folder = root if isinstance(root, DataFolder) else DataFolder(root)
    prefix = f"{below.strip('/')}/" if below.strip("/") else ""
    if (folder / prefix).is_dir():
        yield from _listed(folder, prefix, {os.path.realpath(folder / prefix)})


def _listed(folder: DataFolder, prefix: str, above: set[str]) -> Iterator[str]:
    """Yield the images of one folder, then those of its folders; ``above`` are those that it lies in."""
    files, folders, links = [], [], {}
    try:
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif entry.is_symlink() and (target := _allowed_folder(folder, entry.path)):
                    links[entry.name] = target
                    folders.append(entry.name)
                elif is_image_name(entry.name):
                    files.append(entry.name)
    except OSError as error:
        raise ManifestError(
            f"{folder / prefix}: this folder cannot be listed ({error.strerror}). Make it readable."
        ) from None
    for name in sorted(files):
        _check_name(folder, prefix, name)
        yield prefix + name
    for name in sorted(folders):
        inside = above
        if name in links:
            if links[name] in above:
                raise ManifestError(
                    f"{folder / prefix}{os.sep}{name}: this link leads in a circle. Take it out."
                )
            inside = above | {links[name]}
        yield from _listed(folder, f"{prefix}{name}/", inside)


def _allowed_folder(folder: DataFolder, path: str) -> str | None:
    """Return the folder that a link leads to, if it is one and lies in a folder that is allowed."""
    target = os.path.realpath(path)
    allowed = any(Path(target).is_relative_to(os.path.realpath(link)) for link in folder.links)
    return target if allowed and Path(target).is_dir() else None


def _check_name(folder: DataFolder, prefix: str, name: str) -> None:
    path = prefix + name
    if not path.isascii():
        try:
            path.encode()
        except UnicodeEncodeError:
            raise ManifestError(
                f"{folder / prefix}: the name {name!r} is no text in UTF-8. Rename the file or its folder."
            ) from None


def has_images(root: Root) -> bool:
    """Whether there is an image below ``root``."""
    return next(image_files(root), None) is not None


def matched_files(
    root: Root, pattern: re.Pattern[str], layout: str, below: str = ""
) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield every image below ``root`` with the match of its relative path.

    Raises
    ------
    ManifestError
        If a path does not match; ``layout`` says what was expected.
    """
    for image in image_files(root, below):
        match = pattern.fullmatch(image)
        if match is None:
            raise ManifestError(
                f"{root / image}: not of this data set. Expected: {layout} Rename or move it."
            )
        yield image, match
