"""Faces stored in shards: a job a shard, so that a job that dies loses one, and a join that reads no face."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pandas as pd

from engram.core.arrays import shard_rows
from engram.core.errors import StoreError
from engram.core.records import Record, environment, read_record, write_record
from engram.data.images.align import channels
from engram.data.images.compressed import read_found, write_shard
from engram.data.images.crop import cut_faces, warn_of_enlarged
from engram.data.images.prepare import find_faces
from engram.data.images.store import join_shards
from engram.data.manifest import read_manifest
from engram.data.shard_jobs import CropShardParams, JoinParams, PrepareShardParams
from engram.runtime.job_spec import NamedFiles

__all__ = ["crop_shard", "join_faces", "prepare_shard"]


def prepare_shard(inputs: NamedFiles, outputs: NamedFiles, params: PrepareShardParams, *, code: str) -> None:
    """Detect, align and store the faces of one shard of a data set.

    Parameters
    ----------
    inputs
        ``manifest``; of a drawn data set also its images.
    outputs
        ``faces`` and ``record``.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If an image cannot be decoded, or the disk takes no more.
    """
    started = time.perf_counter()
    manifest = _part(inputs.manifest, params.shard, params.shards)
    title = f"{params.dataset} {params.shard}"
    faces = find_faces(
        manifest,
        params.folder,
        params.faces,
        params.detect,
        title,
        boxes=params.boxes,
        links=params.links,
    )
    depth = channels(params.faces)
    digest = write_shard(
        Path(outputs.faces), faces, len(manifest), params.faces.size, depth, params.store.quality
    )
    settings = {
        "faces": {**params.faces.model_dump(mode="json"), "store": params.store.model_dump(mode="json")},
        "detect": params.detect,
        "boxes": params.boxes,
    }
    _write_record(outputs, params, settings, digest, started, code)


def crop_shard(inputs: NamedFiles, outputs: NamedFiles, params: CropShardParams, *, code: str) -> None:
    """Cut the detected faces of one shard out again for imported encoders.

    Parameters
    ----------
    inputs
        ``manifest``, and ``detected``: the same shard of the stored faces.
    outputs
        ``faces`` and ``record``.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If an image cannot be decoded, the shard is damaged, or the disk takes no more.
    """
    started = time.perf_counter()
    manifest, found = _part(inputs.manifest, params.shard, params.shards), read_found(Path(inputs.detected))
    faces, path = cut_faces(manifest, found, params), Path(outputs.faces)
    digest = write_shard(path, faces, len(manifest), params.size, 3, params.store.quality)
    warn_of_enlarged(found, params)
    settings = {"size": params.size, "crop": params.crop.model_dump(mode="json")}
    settings["store"] = params.store.model_dump(mode="json")
    _write_record(outputs, params, settings, digest, started, code)


def join_faces(inputs: NamedFiles, outputs: NamedFiles, params: JoinParams, *, code: str) -> None:
    """Make one store of its shards: write its index, its summary and the data set's record.

    Parameters
    ----------
    inputs
        ``manifest``, ``shards`` and ``records``, in the order of the shards.
    outputs
        ``index``, ``summary`` and ``record``.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    StoreError
        If a shard is missing or damaged, or they hold not as many faces as the manifest has rows.
    """
    manifest = read_manifest(inputs.manifest)
    records = [read_record(path) for path in inputs.records]
    hashes = [record.data[params.dataset] for record in records]
    store = join_shards(Path(outputs.index).parent, manifest, hashes, params.size, 3)
    counts, timings = _summed(record.metrics for record in records), _summed(r.timings for r in records)
    if counts["images"] != len(store.index):
        raise StoreError(
            f"{store.folder}: the records count {counts['images']:g} faces, the shards {len(store.index)}. "
            "Delete the folder and run snakemake again."
        )
    record = Record(
        kind="faces",
        name=params.dataset,
        settings=records[0].settings,
        code=code,
        data={params.dataset: store.hash},
        environment=records[0].environment,
        timings=timings,
        metrics={
            **counts,
            "subjects": int(store.index["subject"].nunique()),
            "undetected": counts["images"] - counts["detected"],
            # What the reader counted of the owners' images and labels goes with it.
            **manifest.attrs.get("counts", {}),
        },
    )
    write_record(Path(outputs.record), record)


def _part(manifest: str | Path, shard: int, shards: int) -> pd.DataFrame:
    """Return the manifest's rows of a shard."""
    whole = read_manifest(manifest)
    rows = shard_rows(len(whole), shard, shards)
    return whole.iloc[rows.start : rows.stop].reset_index(drop=True)


def _write_record(
    outputs: NamedFiles,
    params: PrepareShardParams | CropShardParams,
    settings: dict,
    digest: str,
    started: float,
    code: str,
) -> None:
    path = Path(outputs.faces)
    found = read_found(path)
    record = Record(
        kind="faces",
        name=f"{params.dataset}/{params.shard}",
        settings=settings,
        code=code,
        data={params.dataset: digest},
        environment=environment("opencv-python-headless", "pillow", "numpy", "pyarrow"),
        timings={"prepare": time.perf_counter() - started},
        metrics={
            "images": len(found),
            "detected": int(found["detected"].sum()),
            "eyes": int(found["eyes"].sum()),
            "bytes": path.stat().st_size,
        },
    )
    write_record(outputs.record, record)


def _summed(counts) -> dict[str, float]:
    """Return the sums of the same counts of several jobs."""
    total: Counter = Counter()
    for each in counts:
        total.update(each)
    return dict(total)
