"""Bring published results here: only what is asked for, and checked by its hash."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from engram.core.errors import PublishingError
from engram.core.files import file_hash
from engram.core.reading import read_json
from engram.publishing.dvc import fetch
from engram.publishing.places import CONFIGURATION, CONTENTS, POINTER, is_model, is_reevaluated, way_back

__all__ = ["check_published", "pull_models", "pull_published", "read_contents"]


def pull_models(folder: Path) -> dict[str, str]:
    """Make a published folder hold the models, and the predictions that theirs are compared with.

    Returns
    -------
    dict
        Name of each of these files to its SHA-256.

    Raises
    ------
    PublishingError
        As `pull_published` does; and if the folder came in a bundle, which has no models.
    """
    contents = pull_published(folder, is_reevaluated)
    if not any(map(is_model, contents)):
        raise PublishingError(
            f"{folder} came in a bundle, and a bundle has no models: nothing can be evaluated anew. In a "
            f"repository whose {POINTER} names them, delete this folder and run 'dvc pull {folder}'."
        )
    return contents


def pull_published(folder: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Make a published folder hold those files that are ``wanted``, as they were published.

    First the two files that say what there is, then what is wanted of it. Where nothing can be pulled, a
    folder that has all of it is taken as it is: it was pulled before, or copied here, such as from a bundle.

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
        refused = error
    try:
        contents = check_published(folder, wanted)
    except PublishingError as error:
        raise refused or error from None
    if refused:
        print(f"{refused}\n{folder} has all that is needed: it is taken as it is.", file=sys.stderr)  # noqa: T201
    return contents


def check_published(folder: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Compare the published files that are ``wanted`` with the hashes that they were published with.

    Returns
    -------
    dict
        Name of each to its SHA-256.

    Raises
    ------
    PublishingError
        If one is missing or another, or the list of files is; the message names it.
    """
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
