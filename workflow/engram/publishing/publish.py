"""Publish a configuration's results: copied into a folder of their own, which DVC stores by content.

Pulled files never lie over `results/`: Snakemake would take their new times for changes. What is copied
are the inputs of the rule. Stored faces are not among it, but for those few that published figures show.
"""

from __future__ import annotations

import filecmp
import json
import shutil
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engram.core.errors import PublishingError
from engram.core.files import atomic_path, file_hash, write_json, write_text
from engram.publishing.dvc import store
from engram.publishing.jobs import BundleParams, PublishParams
from engram.publishing.places import CONFIGURATION, CONTENTS, POINTER, is_model, published_folder
from engram.publishing.shown import write_published_faces
from engram.runtime.job_spec import NamedFiles

__all__ = ["copy_results", "publish", "published_files"]

#: The inputs that are published, besides those faces of ``stored_faces`` that figures show.
_PUBLISHED = ("evidence", "stores", "models", "shown", "sheets", "cards", "exported", "pages")


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
        If a result is not there, or DVC refuses.
    """
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
    files = [Path(path) for name, paths in inputs.items() if name in _PUBLISHED for path in paths]
    return {path.relative_to(results).as_posix(): path for path in files}


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
    for name, source in tqdm(files.items(), desc=f"copy to {folder}", unit="file"):
        target = folder / name
        if not target.is_file() or not filecmp.cmp(source, target, shallow=False):
            # No hard links: a link would let DVC change the permissions of the results themselves.
            with atomic_path(target) as temporary:
                shutil.copyfile(source, temporary)
    names = [*files, *write_published_faces(params.configuration, Path(params.results), folder)]
    # Not sorted: tables have encoders and targets in the order in which the settings name them.
    write_text(folder / CONFIGURATION, json.dumps(params.published(), indent=2) + "\n")
    contents = {name: file_hash(folder / name) for name in [*names, CONFIGURATION]}
    write_json(folder / CONTENTS, contents)
    _remove_others(folder, {*contents, CONTENTS})
    return contents


def _remove_others(folder: Path, wanted: set[str]) -> None:
    """Remove what an earlier publication left and this one lacks."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
