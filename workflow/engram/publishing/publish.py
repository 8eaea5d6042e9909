"""Publish a configuration's results: copied into a folder of their own, which DVC stores by content.

Pulled files never lie over `results/`: Snakemake would take their new times for changes. What is copied
are the inputs of the rule. Stored faces are not among it, but for those few that published figures show.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engram.core.errors import PublishingError
from engram.core.files import atomic_path, file_hash, write_json, write_text
from engram.publishing.dvc import require_dvc, store
from engram.publishing.jobs import BundleParams, PublishParams
from engram.publishing.places import CONFIGURATION, CONTENTS, POINTER, is_model, published_folder
from engram.publishing.shown import write_published_faces
from engram.runtime.job_spec import NamedFiles

__all__ = ["copy_results", "publish", "published_files"]

#: Inputs that are read and not published.
_READ = ("stored_faces",)


def publish(inputs: NamedFiles, params: PublishParams) -> dict[str, Any]:
    """Copy a configuration's results into its published folder, and give that to DVC.

    Other configurations' published results stay as they are, pulled or not.

    Parameters
    ----------
    inputs
        Those of `engram.publishing.inputs.publish_inputs`: files below the results are published.

    Returns
    -------
    dict
        ``folder``, ``files``, ``bytes``, ``models`` (the files and bytes of models among these),
        ``pointer`` (the DVC file to commit) and ``remote``.

    Raises
    ------
    PublishingError
        If a result is not there, DVC is not set up, or the remote cannot be written.
    """
    require_dvc()
    folder = published_folder(params.results)
    contents = copy_results(inputs, params, folder)
    remote = store(folder, params.remote)
    sizes = {name: (folder / name).stat().st_size for name in contents}
    models = [size for name, size in sizes.items() if is_model(name)]
    return {
        "folder": folder.as_posix(),
        "files": len(sizes),
        "bytes": sum(sizes.values()),
        "models": {"files": len(models), "bytes": sum(models)},
        "pointer": str(POINTER),
        "remote": remote,
    }


def published_files(inputs: NamedFiles, results: str | Path) -> dict[str, Path]:
    """Return the inputs that are published by their path below the results."""
    files = [path for name, paths in inputs.items() if name not in _READ for path in _listed(paths)]
    return {
        path.relative_to(results).as_posix(): path for path in files if path.is_relative_to(results)
    }  # without the code's list, which lies elsewhere


def _listed(paths: Any) -> list[Path]:
    return [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]


def copy_results(
    inputs: NamedFiles, params: BundleParams, folder: Path, *, models: bool = True
) -> dict[str, str]:
    """Make ``folder`` hold the published results and nothing else; return every file's SHA-256.

    Files that are there with the same content are not copied again.

    Parameters
    ----------
    models
        Whether weights are copied.

    Raises
    ------
    PublishingError
        If a result is not there.
    """
    files = published_files(inputs, params.results)
    files = {name: path for name, path in files.items() if models or not is_model(name)}
    missing = [path for path in files.values() if not path.is_file()]
    if missing:
        raise PublishingError(
            f"{missing[0]} is not there ({len(missing)} of {len(files)} files missing). "
            "Publishing needs a finished run: run snakemake first."
        )
    contents = {}
    for name, source in tqdm(files.items(), desc=f"copy to {folder}", unit="file"):
        contents[name] = file_hash(source)
        if not _is_copy(folder / name, source, contents[name]):
            _copy(source, folder / name)
    for name in write_published_faces(params.configuration, Path(params.results), folder):
        contents[name] = file_hash(folder / name)
    _remove_others(folder, {*contents})
    # Not sorted: tables have encoders and targets in the order in which the settings name them.
    write_text(folder / CONFIGURATION, json.dumps(params.published(), indent=2) + "\n")
    contents[CONFIGURATION] = file_hash(folder / CONFIGURATION)
    write_json(folder / CONTENTS, contents)
    return contents


def _is_copy(target: Path, source: Path, sha: str) -> bool:
    """Return whether ``target`` holds the bytes of ``source``, whose SHA-256 is ``sha``.

    What an earlier list says of it does not count: the file itself is published, and may have changed.
    """
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        return False
    return file_hash(target) == sha


def _copy(source: Path, target: Path) -> None:
    """Copy a file atomically; a file system that can share blocks between files does so.

    No hard links: a link would let DVC change the permissions of the results themselves.
    """
    with atomic_path(target) as temporary, open(source, "rb") as data, open(temporary, "wb") as copy:
        try:
            while os.copy_file_range(data.fileno(), copy.fileno(), 1 << 30):
                pass
        except (AttributeError, OSError):
            # Not on this system or not between these file systems; both ends stand where it stopped.
            shutil.copyfileobj(data, copy)


def _remove_others(folder: Path, wanted: set[str]) -> None:
    """Remove what an earlier publication left and this one lacks."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
