"""Publish a configuration's results: copied into a folder of their own, which DVC stores by content.

What others pull never lies over `results/`: Snakemake would take the new times of pulled
files for changes. Stored faces stay at home, but for those few that published figures show;
figures that show faces whose licence does not allow it stay at home too.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engram.config import Settings
from engram.core.errors import SharingError
from engram.core.files import atomic_path, file_hash, write_json, write_text
from engram.core.paths import GENERAL_CROP, MEMORY_CROP, Layout
from engram.publishing.dvc import POINTER, require_dvc, store
from engram.publishing.places import (
    CONFIGURATION,
    CONTENTS,
    card_path,
    described_models,
    is_model,
    published_configuration,
    published_folder,
)
from engram.publishing.shown import copy_shown_faces
from engram.reporting.contents import (
    CLAIMS,
    GENERAL_CLAIMS,
    GENERAL_TABLES,
    TABLE_FORMS,
    TABLES,
    figure_names,
    general_figure_names,
)
from engram.studies.general.plan import (
    export_files,
    general_datasets,
    general_records,
    general_tasks,
    operators,
    prediction_folders,
)
from engram.studies.lineage.trials import datasets_in_use, lineages

__all__ = ["copy_results", "publish", "shared_files"]


def publish(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Copy a configuration's results into its published folder, and give that to DVC.

    Other configurations' published results stay as they are, pulled or not.

    Returns
    -------
    dict
        ``folder``, ``files``, ``bytes``, ``models`` (the files and bytes of models among these),
        ``pointer`` (the DVC file to commit) and ``remote``.

    Raises
    ------
    SharingError
        If a result is not there, DVC is not set up, or the remote cannot be written.
    """
    require_dvc()
    folder = published_folder(layout)
    contents = copy_results(settings, layout, folder)
    remote = store(folder, settings.share.dvc_remote)
    sizes = {name: (folder / name).stat().st_size for name in contents}
    models = [name for name in contents if is_model(name)]
    return {
        "folder": folder.as_posix(),
        "files": len(sizes),
        "bytes": sum(sizes.values()),
        "models": {"files": len(models), "bytes": sum(sizes[name] for name in models)},
        "pointer": str(POINTER),
        "remote": remote,
    }


def copy_results(
    settings: Settings, layout: Layout, folder: Path, wanted: Callable[[str], bool] = lambda name: True
) -> dict[str, str]:
    """Make ``folder`` hold the shared results and nothing else; return every file's SHA-256.

    Files that are there with the same content are not copied again.

    Parameters
    ----------
    wanted
        Says of a file's name whether it is to be copied.

    Raises
    ------
    SharingError
        If a result is not there.
    """
    names = [name for name in shared_files(settings, layout) if wanted(name)]
    missing = [name for name in names if not (layout.root / name).is_file()]
    if missing:
        raise SharingError(
            f"{layout.root / missing[0]} is not there ({len(missing)} of {len(names)} files missing). "
            "Publishing needs a finished run: run snakemake first."
        )
    contents = {}
    for name in tqdm(names, desc=f"copy to {folder}", unit="file"):
        source, target = layout.root / name, folder / name
        contents[name] = file_hash(source)
        if not _is_copy(target, source, contents[name]):
            _copy(source, target)
    for name in copy_shown_faces(settings, layout, folder):
        contents[name] = file_hash(folder / name)
    _remove_others(folder, {*contents})
    # Not sorted: tables have encoders and targets in the order in which the settings name them.
    write_text(folder / CONFIGURATION, json.dumps(published_configuration(settings), indent=2) + "\n")
    contents[CONFIGURATION] = file_hash(folder / CONFIGURATION)
    write_json(folder / CONTENTS, contents)
    return contents


def shared_files(settings: Settings, layout: Layout) -> Iterator[str]:
    """Give the path of every file to publish, relative to the results folder, each once."""
    paths = chain(_memory_paths(settings, layout), _general_paths(settings, layout))
    for path in dict.fromkeys(paths):
        yield path.relative_to(layout.root).as_posix()


def _memory_paths(settings: Settings, layout: Layout) -> Iterator[Path]:
    for lineage in lineages(settings.memory):
        for seed in settings.seeds:
            yield layout.model(lineage, seed)
            yield layout.model_record(lineage, seed)
    for name in datasets_in_use(settings):
        yield from _data_paths(name, MEMORY_CROP, settings, layout)
        yield from (layout.predictions(name), layout.evaluation_record(name))
    yield from _table_paths(layout, TABLES, CLAIMS)
    # Figures of mistakes show only faces that may be shown; there is none where none may be.
    yield from _figure_paths(layout, figure_names(settings))
    yield from (card_path(layout, lineage) for lineage in described_models(settings))


def _general_paths(settings: Settings, layout: Layout) -> Iterator[Path]:
    """Give what the general study shares: all of its evidence and models, and the export.

    Imported encoders stay where they came from. Networks trained on a target are not kept: only
    their predictions are.
    """
    general = settings.general
    if general is None:
        return
    yield from general_records(settings, layout)
    for name in general_datasets(settings):
        yield from _data_paths(name, GENERAL_CROP, settings, layout)
    for seed in settings.seeds:
        for kind in general.students:
            yield from _files(layout.student(kind, seed), "model.safetensors", "reconstruction.parquet")
        for name in operators(general):
            yield from _files(layout.fusion(name, seed), "model.safetensors", "reconstruction.parquet")
    for name, encoder in general.encoders.items():
        if encoder.imported is None:
            yield layout.encoder(name) / "model.safetensors"
    for item in general_tasks(general):
        for folder in prediction_folders(general, item):
            yield layout.transfer(item.name, folder) / "predictions.parquet"
        if item.role == "target":
            folder = layout.selection(item.name)
            yield from _files(folder, "predictions.parquet", "scores.parquet", "choice.json")
    yield from _files(layout.views, "neighbours.parquet", "map.parquet")
    yield from _table_paths(layout, GENERAL_TABLES, GENERAL_CLAIMS)
    yield from _figure_paths(layout, general_figure_names(settings))
    yield from export_files(layout)


def _data_paths(name: str, crop: str, settings: Settings, layout: Layout) -> Iterator[Path]:
    """Give what is shared of a data set: everything but the pixels of its faces."""
    yield from (layout.faces_record(name, crop), layout.split(name))
    yield from _files(layout.faces(name, crop), "index.parquet", "store.json")
    if settings.datasets[name].show_faces:
        yield layout.figures / "sheets" / f"{name}.png"


def _table_paths(layout: Layout, tables: Iterable[str], claims: Iterable[str]) -> Iterator[Path]:
    for table in tables:
        yield from (layout.tables / f"{table}.{ending}" for ending in TABLE_FORMS)
    yield from _files(layout.tables, *claims)


def _figure_paths(layout: Layout, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        yield from _files(layout.figures, f"{name}.svg", f"{name}.png")


def _files(folder: Path, *names: str) -> Iterator[Path]:
    yield from (folder / name for name in names)


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
