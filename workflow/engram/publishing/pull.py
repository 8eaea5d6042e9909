"""Bring published results here: only what is asked for, and checked by its hash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engram.core.errors import PublishingError
from engram.core.files import file_hash
from engram.core.reading import read_json
from engram.publishing.dvc import fetch, tracked_beside
from engram.publishing.places import (
    CONFIGURATION,
    CONTENTS,
    POINTER,
    is_bundled,
    is_reevaluated,
    published_contents,
    way_back,
)

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
    if is_bundled(folder):
        raise PublishingError(
            f"{folder} came in a bundle, and a bundle has no models: nothing can be evaluated anew. In a "
            f"repository whose {POINTER} names them, delete this folder and run 'dvc pull {folder}'."
        )
    contents = pull_published(folder, is_reevaluated)
    return {name: sha for name, sha in contents.items() if is_reevaluated(name)}


def pull_published(folder: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Make a published folder hold those files that are ``wanted``, as they were published.

    First the two files that say what there is, then what is wanted of it. A folder that came some
    other way than by `POINTER`, such as in a bundle, is only checked.

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
    PublishingError
        If the remote cannot be read, this configuration was never published, or a file is missing or
        is not the published one.
    """
    pulled = _comes_by_pointer(folder)
    if pulled:
        fetch([folder / CONTENTS, folder / CONFIGURATION])
        _require_named(folder)
    contents = read_contents(folder)
    names = [name for name in contents if wanted(name)]
    if pulled:
        fetch([folder / name for name in names])
    check_published(folder, {name: contents[name] for name in names})
    return contents


def _comes_by_pointer(folder: Path) -> bool:
    """Return whether a published folder is to be pulled: by `POINTER`, unless it came some other way."""
    if not POINTER.is_file() or is_bundled(folder):
        return False
    if not (folder / CONTENTS).is_file():
        return True
    tracked = tracked_beside(folder)
    # If that cannot be known, pulling says why.
    return tracked is None or folder.name in tracked


def _require_named(folder: Path) -> None:
    """Refuse to go on if nothing was pulled: DVC pulls unknown names without an error."""
    if (folder / CONTENTS).is_file():
        return
    named = ", ".join(tracked_beside(folder) or []) or "nothing"
    raise PublishingError(
        f"{folder}: {POINTER} names no such results, so this configuration was never published. It "
        f"names {named}: choose one of these by --configfile; or run 'snakemake publish' with this one where "
        f"its run is, commit {POINTER}, and have this commit here."
    )


def read_contents(folder: Path) -> dict[str, str]:
    """Return every published file's name and SHA-256.

    Raises
    ------
    PublishingError
        If nothing was published or pulled, or the list is damaged.
    """
    path = published_contents(folder)[0]
    again = f"Delete it. {way_back(folder)}"
    contents = read_json(path, PublishingError, again)
    if not isinstance(contents, dict):
        raise PublishingError(f"{path}: this is no list of published files. {again}")
    return contents


def check_published(folder: Path, contents: dict[str, str]) -> None:
    """Compare published files with the hashes that they were published with.

    Raises
    ------
    PublishingError
        If one is missing or another; the message names it.
    """
    missing = [name for name in contents if not (folder / name).is_file()]
    if missing:
        raise PublishingError(
            f"{folder / missing[0]} is missing, with {len(missing) - 1} others. {way_back(folder)}"
        )
    for name, expected in contents.items():
        if file_hash(folder / name) != expected:
            raise PublishingError(
                f"{folder / name} is not the file that was published. Delete it. {way_back(folder / name)}"
            )
