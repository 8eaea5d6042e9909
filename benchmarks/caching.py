"""FC with cached features against FC that runs the frozen layers in every step, over 20 epochs."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import torch

from benchmarks.data import make_subset
from engram.ground.settings import AugmentSettings
from engram.learning.batches import CachedBatches, ImageBatches, cache_features
from engram.learning.numerics import Numerics
from engram.learning.objectives import ClassificationTask
from engram.learning.optimiser import AdamW
from engram.networks.vgg import VGG

__all__ = ["run"]

_WIDTH, _BATCH, _FACES, _EPOCHS, _VIEWS = 0.25, 64, 600, 20, 4


def run() -> dict[str, float]:
    """Return images per second with and without the cache, its making included, and their ratio."""
    torch.set_num_threads(1)
    numerics = Numerics(torch.device("cpu"), "fp32")
    with tempfile.TemporaryDirectory() as name:
        subset = make_subset(Path(name), _FACES)
        augment = AugmentSettings()
        started = time.perf_counter()
        _train(ImageBatches(subset, _BATCH, augment, 1), 0, numerics)
        plain = time.perf_counter() - started
        started = time.perf_counter()
        network = numerics.place(VGG({"expression": 7}, width=_WIDTH))
        depth = network.frozen_depth("classifier")
        features = cache_features(
            Path(name) / "features.npy",
            network,
            depth,
            subset,
            views=_VIEWS,
            settings=augment,
            seed=1,
            numerics=numerics,
        )
        _train(CachedBatches(features, subset.labels, _BATCH, 1), depth, numerics)
        cached = time.perf_counter() - started
    images = _FACES * _EPOCHS
    return {
        "plain_images_per_second": images / plain,
        "cached_images_per_second": images / cached,
        "cached_over_plain": plain / cached,
    }


def _train(batches: ImageBatches | CachedBatches, start: int, numerics: Numerics) -> None:
    network = VGG({"expression": 7}, width=_WIDTH)
    network.freeze(network.frozen_depth("classifier"))
    task = ClassificationTask(numerics.place(network), "expression", start)
    optimiser = AdamW([p for p in network.parameters() if p.requires_grad], 0.0)
    for epoch in range(_EPOCHS):
        for inputs, labels in batches.epoch(epoch):
            task(inputs, labels)["loss"].backward()
            optimiser.step(1e-4)
