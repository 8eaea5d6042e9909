"""Faces cut out of the images again for imported encoders: by the stored detection, in another way."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from engram.core.records import Record, environment, write_record
from engram.data.images.align import Face, align, recut, whole
from engram.data.images.decode import ImageSource
from engram.data.images.detect import Detection, Point
from engram.data.images.store import BOX, POINTS, FaceStore, write_faces
from engram.data.jobs import CropParams
from engram.data.manifest import read_manifest
from engram.runtime.job_spec import NamedFiles

__all__ = ["crop_faces", "cut_faces", "warn_of_enlarged"]


def crop_faces(inputs: NamedFiles, outputs: NamedFiles, params: CropParams, *, code: str) -> None:
    """Cut a data set's detected faces out again and write a record.

    Nothing is detected: box, eyes and further points are those of the stored faces. An image that was taken
    whole, since its owners publish faces, is taken whole again.

    Parameters
    ----------
    inputs
        ``manifest``, and ``detected``: the files of the stored faces.
    outputs
        ``faces``, ``index`` and ``summary`` in one folder, and ``record``.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    ImageError, ManifestError
        If an image cannot be decoded, or lies outside the data set's folder.
    StoreError
        If the stored faces are damaged, or the new ones cannot be written.
    """
    started = time.perf_counter()
    found, folder = FaceStore.load(Path(inputs.detected[0]).parent), Path(outputs.faces).parent
    manifest = read_manifest(inputs.manifest)
    store = write_faces(folder, manifest, cut_faces(manifest, found.index, params), params.size, 3)
    enlarged = warn_of_enlarged(store.index, params)
    record = Record(
        kind="faces",
        name=params.dataset,
        settings={"size": params.size, "crop": params.crop.model_dump(mode="json")},
        code=code,
        data={params.dataset: store.hash},
        environment=environment("opencv-python-headless", "pillow", "numpy"),
        timings={"prepare": time.perf_counter() - started},
        metrics={"images": len(store.index), "detected": int(store.detected.sum()), "enlarged": enlarged},
    )
    write_record(Path(outputs.record), record)


def cut_faces(manifest: pd.DataFrame, found: pd.DataFrame, params: CropParams) -> Iterator[Face]:
    """Yield the face of each row of a manifest, cut out by what was ``found`` in its image before."""
    source = ImageSource(params.folder, params.links)
    boxes, points = found[list(BOX)].to_numpy(float), found[list(POINTS)].to_numpy(float)
    with tqdm(manifest["image"], desc=f"crop {params.dataset}", unit="image") as images:
        for reference, detected, box, places in zip(images, found["detected"], boxes, points, strict=True):
            if not detected:
                yield align(np.zeros((1, 1, 3), np.uint8), None, params.faces)
                continue
            image = source.read(reference)
            detection = _detection(box, places)
            if detection.eyes is None and detection.box == (0.0, 0.0, image.shape[1], image.shape[0]):
                yield whole(image, params.faces)
            else:
                yield recut(image, detection, params.faces, params.crop)


def _detection(box: np.ndarray, places: np.ndarray) -> Detection:
    """Return a detection as it was stored."""
    points: list[Point | None] = [
        (float(x), float(y)) if np.isfinite([x, y]).all() else None for x, y in places.reshape(-1, 2)
    ]
    one, other, nose, left, right = points
    left_, top, width, height = map(float, box)
    return Detection(
        (left_, top, width, height),
        (one, other) if one and other else None,
        (nose, left, right) if nose and left and right else None,
    )


def warn_of_enlarged(found: pd.DataFrame, params: CropParams) -> float:
    """Return the fraction of the detected faces that have fewer pixels in their image than are asked for.

    If they are most, the job's log says so.
    """
    widths = found.loc[found["detected"].to_numpy(bool), "box_width"].to_numpy(float)
    if not len(widths):
        return 0.0
    enlarged = float(np.mean(widths * (1 + 2 * params.crop.margin) < params.size))
    if enlarged > 0.5:
        print(  # noqa: T201 - into the job's log
            f"warning: {params.dataset}: {enlarged:.0%} of the faces are smaller in their images than the "
            f"{params.size} pixels that the encoder wants; enlarged faces hold nothing more.",
            file=sys.stderr,
        )
    return enlarged
