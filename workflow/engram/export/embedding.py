"""A user's own images to a table of embeddings, prepared as the study prepares its faces."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from tqdm import tqdm

from engram.config import ComputeSettings, FacesSettings
from engram.core.errors import CheckpointError, ImageError, ManifestError
from engram.data.images.align import whole
from engram.data.images.decode import WAY_OUT, ImageSource
from engram.data.images.detect import make_detector
from engram.data.images.find import find_face
from engram.export.embedding_table import Found, open_table
from engram.export.formats import UnitLength, load_student
from engram.export.preprocessing import STUDENT, Preprocessing
from engram.models.inputs import FaceInputs
from engram.training.device import Device, choose_device

__all__ = ["embed_images"]


def embed_images(
    images: Iterable[Path],
    count: int,
    model: Path,
    preprocessing: Preprocessing,
    output: Path,
    *,
    faces: FacesSettings,
    detect: bool,
    batch: int,
    threads: int,
) -> Counter[str]:
    """Embed ``images`` and write the table ``output``; memory does not grow with their number.

    Parameters
    ----------
    images, count
        Paths, and how many there are.
    model, preprocessing
        An exported student's folder and what it says of images.
    faces, detect
        How faces are found and cut; without ``detect`` whole images are faces.
    batch
        Images a step.
    threads
        Threads of detection and of the network.

    Returns
    -------
    Counter
        ``images``, ``faces`` and ``broken``. A broken image has a row that says what is wrong.

    Raises
    ------
    CheckpointError
        If the student is damaged or is not the one that its preprocessing tells of.
    ConfigurationError
        If the detector's model cannot be used.
    """
    device = choose_device(ComputeSettings(precision="fp32"), threads)
    student, inputs = _open_student(model, preprocessing)
    device.place(student)
    counts: Counter[str] = Counter()
    with (
        open_table(output, preprocessing.embedding) as table,
        closing(_Preparer(faces, detect, threads)) as preparer,
        tqdm(total=count, desc="embed", unit="image") as bar,
    ):
        for paths in _batches(images, batch):
            found = preparer.prepare(paths)
            table.write(found, _embed(found, student, inputs, device, preprocessing.embedding))
            counts.update(
                images=len(found),
                faces=sum(one.detected for one in found),
                broken=sum(one.error is not None for one in found),
            )
            bar.update(len(found))
    return counts


def _open_student(folder: Path, preprocessing: Preprocessing) -> tuple[UnitLength, FaceInputs]:
    student, backbone = load_student(folder / STUDENT)
    inputs = FaceInputs(**preprocessing.input.model_dump(exclude={"steps"}))
    if backbone.inputs != inputs or backbone.settings["embedding"] != preprocessing.embedding:
        raise CheckpointError(
            f"{folder}: the student and its preprocessing do not belong together. Export the student again."
        )
    return student, inputs


def _batches(images: Iterable[Path], size: int) -> Iterator[list[Path]]:
    waiting = iter(images)
    while batch := list(islice(waiting, size)):
        yield batch


def _embed(
    found: Sequence[Found], student: UnitLength, inputs: FaceInputs, device: Device, embedding: int
) -> np.ndarray:
    """Return the embeddings (F, D) of the F images with a face."""
    pixels = [one.face.pixels for one in found if one.face is not None and one.face.detected]
    if not pixels:
        return np.zeros((0, embedding), np.float32)
    with torch.inference_mode():
        return student(device.send(inputs(np.stack(pixels)))).cpu().numpy()


class _Preparer:
    """Decodes, detects and aligns images in several threads."""

    def __init__(self, settings: FacesSettings, detect: bool, threads: int) -> None:
        self._settings, self._detect = settings, detect
        if detect:
            make_detector(settings)  # raise here, not in a thread, if the model cannot be used
        self._pool = ThreadPoolExecutor(threads)
        self._own = threading.local()

    def prepare(self, paths: Iterable[Path]) -> list[Found]:
        return list(self._pool.map(self._prepare, paths))

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _prepare(self, path: Path) -> Found:
        try:
            place = path.resolve()
            source = ImageSource(place.parent)
            if not self._detect:
                return Found(path, whole(source.read(place.name), self._settings))
            return Found(path, find_face(place.name, source, self._detector(), self._settings))
        except (ImageError, ManifestError, OSError, cv2.error) as error:
            reason = str(error).removesuffix(WAY_OUT).removeprefix(f"{path.resolve()}: ")
            return Found(path, None, reason.strip())

    def _detector(self):
        # OpenCV's detectors are not thread-safe: each thread has its own.
        if not hasattr(self._own, "detector"):
            self._own.detector = make_detector(self._settings)
        return self._own.detector
