"""FC with cached features against FC without, over 20 epochs, the making of the cache included.

Without: once our own loop, which runs the frozen layers on every batch (forward only), and once
the plain loop over image files that `throughput` describes, with the same layers frozen. A cache of
a few augmentations holds two of each face.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.data import make_subset, write_images
from benchmarks.throughput import plain_loop
from engram.config import AugmentSettings, ComputeSettings
from engram.models.vgg import VGG
from engram.training.batches import CachedBatches, ImageBatches, cache_features
from engram.training.classification import ClassificationTask
from engram.training.device import Device, choose_device
from engram.training.labelled_faces import Subset
from engram.training.optimiser import AdamW

__all__ = ["run"]

_WIDTH, _BATCH, _FACES, _EPOCHS, _AUGMENTATIONS = 0.25, 64, 600, 20, 2


def run() -> dict[str, float]:
    """Return images per second with and without the cache, and the ratios."""
    device = choose_device(ComputeSettings(device="cpu", precision="fp32"), os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as name:
        subset = make_subset(Path(name), _FACES)
        write_images(Path(name) / "images", subset)
        epoch = plain_loop(Path(name) / "images", "classifier")
        speed = {
            "plain_loop": _speed(lambda: [epoch() for _ in range(_EPOCHS)]),
            "uncached": _speed(lambda: _train(_uncached(subset), 0, device)),
            "cached": _speed(lambda: _train_cached(subset, Path(name), device)),
        }
    return {
        **{f"{name}_images_per_second": value for name, value in speed.items()},
        "cached_over_uncached": speed["cached"] / speed["uncached"],
        "cached_over_plain_loop": speed["cached"] / speed["plain_loop"],
    }


def _speed(train: Callable[[], object]) -> float:
    started = time.perf_counter()
    train()
    return _FACES * _EPOCHS / (time.perf_counter() - started)


def _uncached(subset: Subset) -> ImageBatches:
    return ImageBatches(subset, _BATCH, AugmentSettings(), seed=1)


def _train_cached(subset: Subset, folder: Path, device: Device) -> None:
    network = device.place(VGG({"expression": 7}, width=_WIDTH))
    depth = network.frozen_depth("classifier")
    features = cache_features(
        folder / "features.npy",
        network,
        depth,
        subset,
        augmentations=_AUGMENTATIONS,
        settings=AugmentSettings(),
        seed=1,
        device=device,
    )
    _train(CachedBatches(features, subset.labels, _BATCH, 1), depth, device)


def _train(batches: ImageBatches | CachedBatches, start: int, device: Device) -> None:
    network = VGG({"expression": 7}, width=_WIDTH)
    network.freeze(network.frozen_depth("classifier"))
    task = ClassificationTask(device.place(network), "expression", start)
    optimiser = AdamW([p for p in network.parameters() if p.requires_grad], 0.0)
    for epoch in range(_EPOCHS):
        for inputs, labels in batches.epoch(epoch):
            task(inputs, labels)["loss"].backward()
            optimiser.step(1e-4)
