"""From a manifest to stored faces: decode, detect, align, store, one image after another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from engram.config import FacesSettings
from engram.core.records import Record, environment, write_record
from engram.data.images.align import Face, align, channels, whole
from engram.data.images.decode import ImageSource
from engram.data.images.detect import make_detector
from engram.data.images.find import find_face
from engram.data.images.owners_boxes import owners_detections
from engram.data.images.store import FaceStore, write_faces
from engram.data.jobs import PrepareParams
from engram.data.manifest import read_manifest
from engram.runtime.job_spec import NamedFiles

__all__ = ["find_faces", "prepare_dataset", "prepare_faces"]


def prepare_dataset(inputs: NamedFiles, outputs: NamedFiles, params: PrepareParams, *, code: str) -> None:
    """Store the faces of a data set and write a record of what was found.

    Parameters
    ----------
    inputs
        ``manifest``; of a drawn data set also its images, which `PrepareParams.folder` holds.
    outputs
        ``faces``, ``index`` and ``summary`` in one folder, and ``record``.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        As `prepare_faces`.
    """
    started = time.perf_counter()
    folder = Path(outputs.faces).parent
    manifest = read_manifest(inputs.manifest)
    counts = prepare_faces(
        manifest,
        params.folder,
        params.faces,
        params.detect,
        folder,
        boxes=params.boxes,
        links=params.links,
    )
    record = Record(
        kind="faces",
        name=params.dataset,
        settings={
            "faces": params.faces.model_dump(mode="json"),
            "detect": params.detect,
            "boxes": params.boxes,
        },
        code=code,
        data={params.dataset: FaceStore.load(folder).hash},
        environment=environment("opencv-python-headless", "pillow", "numpy"),
        timings={"prepare": time.perf_counter() - started},
        # What the reader counted of the owners' images and labels goes with it.
        metrics={**counts, **manifest.attrs.get("counts", {})},
    )
    write_record(Path(outputs.record), record)


def prepare_faces(
    manifest: pd.DataFrame,
    root: str | Path,
    settings: FacesSettings,
    detect: bool,
    folder: str | Path,
    progress: bool = True,
    *,
    boxes: bool = False,
    links: Sequence[str] = (),
) -> dict[str, int]:
    """Store the faces of a data set in ``folder`` and return how many there are of each kind.

    Parameters
    ----------
    manifest
        One row an image.
    root
        The data set's own folder.
    settings
        Detector, size, colour and margin.
    detect
        False for data sets that are published as cropped faces: they are resized whole.
    folder
        Folder of the new store.
    progress
        Whether to show a progress bar.
    boxes
        Whether the owners' boxes and eyes (the columns `engram.data.manifest.BOX` and ``EYES``) take the
        place of detection; an image that has none is treated as ``detect`` says.
    links
        Folders outside ``root`` that links in it may lead into.

    Returns
    -------
    dict
        ``images``, ``subjects``, ``detected``, ``undetected``, ``eyes`` (aligned by their eyes).

    Raises
    ------
    ImageError, ManifestError
        If an image cannot be decoded, or lies outside ``root``.
    StoreError
        If the faces cannot be written.
    """
    faces = find_faces(
        manifest, root, settings, detect, Path(folder).name, progress, boxes=boxes, links=links
    )
    store = write_faces(folder, manifest, faces, settings.size, channels(settings))
    detected = int(store.index["detected"].sum())
    return {
        "images": len(store.index),
        "subjects": int(store.index["subject"].nunique()),
        "detected": detected,
        "undetected": len(store.index) - detected,
        "eyes": int(store.index["eyes"].sum()),
    }


def find_faces(
    manifest: pd.DataFrame,
    root: str | Path,
    settings: FacesSettings,
    detect: bool,
    title: str,
    progress: bool = True,
    *,
    boxes: bool = False,
    links: Sequence[str] = (),
) -> Iterator[Face]:
    """Yield the face of each row of a manifest; ``title`` stands at the progress bar.

    The other parameters, and the errors, are those of `prepare_faces`.
    """
    known = owners_detections(manifest) if boxes else repeat(None)
    source, detector = ImageSource(root, links), make_detector(settings) if detect else None
    with tqdm(manifest["image"], desc=f"faces {title}", unit="image", disable=not progress) as images:
        for reference, given in zip(images, known, strict=False):
            if given is not None:
                yield align(source.read(reference), given, settings)
            elif detector is not None:
                yield find_face(reference, source, detector, settings)
            else:
                yield whole(source.read(reference), settings)
