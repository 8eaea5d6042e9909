"""Bring published results here: only what is asked for, and checked by its hash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engram.core.errors import PublishingError
from engram.core.files import file_hash
from engram.core.reading import read_json
from engram.publishing.dvc import fetch
from engram.publishing.places import CONFIGURATION, CONTENTS, POINTER, way_back

__all__ = ["pull_published", "read_contents"]


def pull_published(folder: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Make a published folder hold those files that are ``wanted``, as they were published.

    First the two files that say what there is, then what is wanted of it; then all of it is compared with the
    hashes that it was published with. A folder that was copied here, as from a bundle, is taken as it is.

    Parameters
    ----------
    wanted
        Says of a published file's name whether it is needed.

    Returns
    -------
    dict
        Name of each wanted file to its SHA-256.

    Raises
    ------
    PublishingError
        If the remote cannot be read, this configuration was never published, or a file is missing or
        is not the published one.
    """
    refused = None
    try:
        if POINTER.is_file():
            fetch([folder / CONTENTS, folder / CONFIGURATION])
            fetch([folder / name for name in read_contents(folder) if wanted(name)])
    except PublishingError as error:
        # DVC does not pull over a folder that was copied here, and a remote is not always there.
        refused = error
    try:
        return _check(folder, wanted)
    except PublishingError as error:
        raise refused or error from None


def _check(folder: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    contents = {name: sha for name, sha in read_contents(folder).items() if wanted(name)}
    for path in [folder / CONFIGURATION, *(folder / name for name in contents)]:
        if not path.is_file():
            raise PublishingError(f"{path} is missing. {way_back(folder)}")
    for name, expected in contents.items():
        if file_hash(folder / name) != expected:
            raise PublishingError(
                f"{folder / name} is not the file that was published. Delete it. {way_back(folder / name)}"
            )
    return contents


def read_contents(folder: Path) -> dict[str, str]:
    """Return every published file's name and SHA-256.

    Raises
    ------
    PublishingError
        If nothing was published or pulled, or the list is damaged.
    """
    path = folder / CONTENTS
    if not path.is_file():
        raise PublishingError(
            f"{folder}: no published results are there. This configuration was never published, or not "
            "pulled. Choose a published one by --configfile, or run 'snakemake publish' where the run is and "
            f"commit {POINTER}. {way_back(folder)}"
        )
    again = f"Delete it. {way_back(folder)}"
    contents = read_json(path, PublishingError, again)
    if not isinstance(contents, dict):
        raise PublishingError(f"{path}: this is no list of published files. {again}")
    return contents
