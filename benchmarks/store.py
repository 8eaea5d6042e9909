"""Stored faces of 300 pixels: preparing them as JPEG in shards, and feeding them to a student at 96 pixels.

Drawn faces of 300 pixels as PNG files. *Preparing* decodes, detects, aligns, compresses and writes a shard.
*Feeding* is an epoch of a student's batches of 256, shuffled by blocks, decoded, shifted, mirrored and made
tensors, without a network; memory is what a process that feeds holds at the end, mapped pages aside, with a
tenth of the faces and with all. One thread; seconds are the processor's, which others that use the machine do
not lengthen. WebP is Pillow's, of quality 90. Photographs have other sizes than drawn faces: docs/store.md.
"""

from __future__ import annotations

import io
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image

from engram.config import AugmentSettings, FacesSettings
from engram.data.images.align import Face
from engram.data.images.compressed import CompressedFaces, write_shard
from engram.data.images.prepare import find_faces
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.models.inputs import FaceInputs
from engram.training.teachers import DistillationBatches

__all__ = ["run"]

_PREPARED, _FED, _SIDE, _SIZE, _BATCH, _QUALITY = 600, 50_000, 300, 96, 256, 95
_MILLIONS = 4.14


def run() -> dict[str, float]:
    """Return faces per second and core, bytes a face, and what 4.14 million faces take by that."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        faces = _drawn(folder)
        prepared = _prepare(folder, folder / "prepared/shard-0.arrow")
        path = folder / "shard-0.arrow"
        write_shard(path, _repeated(faces), _FED, _SIDE, 3, _QUALITY)
        fed = {count: _alone(_feed, path, count) for count in (_FED // 10, _FED)}
        size = path.stat().st_size / _FED
    rate, memory = fed[_FED]
    return {
        "faces_prepared": float(_PREPARED),
        "prepared_per_second": prepared,
        "faces_fed": float(_FED),
        "fed_per_second": rate,
        "mebibytes_at_a_tenth": fed[_FED // 10][1],
        "mebibytes": memory,
        "jpeg_bytes_a_face": size,
        "webp_bytes_a_face": float(np.mean([len(_webp(face)) for face in faces])),
        "webp_decoded_per_second": _decode(faces, _webp),
        "jpeg_decoded_per_second": _decode(faces, _jpeg),
        "core_hours_to_prepare_4_14_million": _MILLIONS * 1e6 / prepared / 3600,
        "core_minutes_to_feed_4_14_million": _MILLIONS * 1e6 / rate / 60,
        "gigabytes_of_4_14_million": _MILLIONS * 1e6 * size / 1e9,
    }


def _drawn(folder: Path) -> list[np.ndarray]:
    """Draw faces and write them as image files; return the pixels."""
    draw_dataset(DrawnSpec("wild", _PREPARED // 5, _PREPARED, _SIDE, seed=5), folder / "drawn")
    images = [np.array(image) for image in np.load(folder / "drawn/images.npy", mmap_mode="r")]
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number}.png")
    return images


def _prepare(folder: Path, path: Path) -> float:
    """Return how many faces a second are prepared."""
    manifest = pd.DataFrame({"image": [f"{number}.png" for number in range(_PREPARED)]})
    settings = FacesSettings(size=_SIDE, colour="rgb", margin=0.25)
    started = time.process_time()
    found = find_faces(manifest, folder, settings, True, "benchmark", False)
    write_shard(path, found, _PREPARED, _SIDE, 3, _QUALITY)
    return _PREPARED / (time.process_time() - started)


def _repeated(faces: list[np.ndarray]) -> Iterator[Face]:
    """Yield as many faces as are fed: those at hand, each time with another brightness."""
    for number in range(_FED):
        pixels = faces[number % len(faces)] // 2 + np.uint8(number // len(faces))
        yield Face(pixels, True, False, (0.0, 0.0, 1.0, 1.0))


def _feed(path: Path, count: int) -> tuple[float, float]:
    """Return how many faces a second are fed, and the process's peak of memory in MiB."""
    torch.set_num_threads(1)
    faces = CompressedFaces([path], _SIDE, 3).sized(_SIZE)
    targets = np.zeros((1, 1), np.float32)
    batches = DistillationBatches(
        faces,
        np.arange(count),
        lambda chosen: np.repeat(targets, len(chosen), axis=0),
        FaceInputs(_SIZE),
        batch_size=_BATCH,
        settings=AugmentSettings(shift=15),
        seed=1,
    )
    started = time.process_time()
    seen = sum(len(inputs) for inputs, _ in batches.epoch(1))
    seconds = time.process_time() - started
    # Without the mapped pages of the file, which the system may drop at any time.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    held = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    assert seen == count
    return count / seconds, int(held.split()[1]) / 1024


def _alone(measure: Callable, *arguments: object) -> tuple[float, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, *arguments).result()


def _jpeg(face: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(face).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _webp(face: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(face).save(buffer, "WEBP", quality=90)
    return buffer.getvalue()


def _decode(faces: list[np.ndarray], encode: Callable[[np.ndarray], bytes]) -> float:
    """Return how many faces a second are decoded at the size that is needed."""
    encoded = [encode(face) for face in faces]
    started = time.process_time()
    for data in encoded:
        image = Image.open(io.BytesIO(data))
        image.draft("RGB", (_SIZE, _SIZE))
        np.asarray(image.resize((_SIZE, _SIZE), Image.Resampling.BILINEAR))
    return len(faces) / (time.process_time() - started)
