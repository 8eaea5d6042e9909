"""Bring published results here: only what is asked for, and checked by its hash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engram.ground.errors import SharingError
from engram.ground.files import file_hash
from engram.ground.layout import Layout
from engram.ground.reading import read_json
from engram.sharing.places import CONFIGURATION, CONTENTS, POINTER, PULL, published_contents, published_folder
from engram.sharing.versioning import fetch

__all__ = ["check_published", "pull_published", "read_contents"]


def pull_published(layout: Layout, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Make the published folder hold those files that are ``wanted``, as they were published.

    First the two files that say what there is, then what is wanted of it. In a repository without
    `POINTER` the folder came some other way, and is only checked.

    Parameters
    ----------
    wanted
        Says of a published file's name whether it is needed.

    Returns
    -------
    dict
        Name of each published file, wanted or not, to its SHA-256.

    Raises
    ------
    SharingError
        If the remote cannot be read, or a file is missing or is not the published one.
    """
    folder = published_folder(layout)
    if POINTER.is_file():
        fetch([folder / CONTENTS, folder / CONFIGURATION])
    contents = read_contents(layout)
    names = [name for name in contents if wanted(name)]
    if POINTER.is_file():
        fetch([folder / name for name in names])
    check_published(folder, {name: contents[name] for name in names})
    return contents


def read_contents(layout: Layout) -> dict[str, str]:
    """Return every published file's name and SHA-256.

    Raises
    ------
    SharingError
        If nothing was published or pulled, or the list is damaged.
    """
    path = published_contents(layout)[0]
    contents = read_json(path, SharingError, PULL)
    if not isinstance(contents, dict):
        raise SharingError(f"{path}: this is no list of published files. {PULL}")
    return contents


def check_published(folder: Path, contents: dict[str, str]) -> None:
    """Compare published files with the hashes that they were published with.

    Raises
    ------
    SharingError
        If one is missing or another; the message names it.
    """
    missing = [name for name in contents if not (folder / name).is_file()]
    if missing:
        raise SharingError(f"{folder / missing[0]} is missing, with {len(missing) - 1} others. {PULL}")
    for name, expected in contents.items():
        if file_hash(folder / name) != expected:
            raise SharingError(
                f"{folder / name} is not the file that was published. Delete it, then pull it again: "
                f"dvc pull {folder / name}"
            )
