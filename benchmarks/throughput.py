"""Training throughput against a plain loop over image files.

The plain loop is what a tutorial would write: ``ImageFolder``, Pillow, torchvision's transforms
image by image, a ``DataLoader`` with two workers, float32, ``torch.optim.Adam``. Both train the same
network of a quarter of the published width with batches of 64 on all cores, in turns.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from benchmarks.data import make_subset, write_images
from engram.config import AugmentSettings, ComputeSettings
from engram.models.vgg import VGG
from engram.training.batches import ImageBatches
from engram.training.classification import ClassificationTask
from engram.training.device import Device, choose_device
from engram.training.labelled_faces import Subset
from engram.training.optimiser import AdamW

__all__ = ["plain_loop", "run"]

_WIDTH, _BATCH, _FACES, _TURNS = 0.25, 64, 1500, 5


def run() -> dict[str, float]:
    """Return images per second of the plain loop and of ours, and the ratios."""
    choose_device(ComputeSettings(device="cpu"), os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subset = make_subset(folder, _FACES)
        write_images(folder / "images", subset)
        epochs = {
            "plain": plain_loop(folder / "images"),
            "fp32": our_epoch(subset, Device(torch.device("cpu"), "fp32"), AugmentSettings(), 0.0),
            "bf16": our_epoch(subset, Device(torch.device("cpu"), "bf16"), AugmentSettings(), 0.0),
        }
        for epoch in epochs.values():
            epoch()
        seconds = {name: [] for name in epochs}
        # In turns, so that a change of the machine's speed touches all alike.
        for _ in range(_TURNS):
            for name, epoch in epochs.items():
                started = time.perf_counter()
                epoch()
                seconds[name].append(time.perf_counter() - started)
    speed = {name: _FACES / statistics.median(values) for name, values in seconds.items()}
    return {
        **{f"{name}_images_per_second": value for name, value in speed.items()},
        "fp32_over_plain": speed["fp32"] / speed["plain"],
        "bf16_over_plain": speed["bf16"] / speed["plain"],
    }


def plain_loop(folder: Path, layers: str = "all") -> Callable[[], None]:
    """Return an epoch of the plain loop over the images in ``folder``, training ``layers``."""
    chain = transforms.Compose(
        [
            transforms.Grayscale(),
            transforms.RandomHorizontalFlip(),
            transforms.RandomAffine(0, translate=(3 / 48, 3 / 48)),
            transforms.ToTensor(),
            transforms.Normalize(0.5, 0.25),
        ]
    )
    loader = DataLoader(datasets.ImageFolder(folder, chain), _BATCH, shuffle=True, num_workers=2)
    network = VGG({"expression": 7}, width=_WIDTH)
    network.freeze(network.frozen_depth(layers))
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-4)

    def epoch() -> None:
        for images, labels in loader:
            optimiser.zero_grad()
            F.cross_entropy(network(images, "expression"), labels).backward()
            optimiser.step()

    return epoch


def our_epoch(
    subset: Subset, device: Device, augment: AugmentSettings, weight_decay: float
) -> Callable[[], None]:
    """Return an epoch of this project's own training, of a VGG of a quarter of the width."""
    batches = ImageBatches(subset, _BATCH, augment, seed=1)
    task = ClassificationTask(device.place(VGG({"expression": 7}, width=_WIDTH)), "expression")
    optimiser = AdamW(task.network.parameters(), weight_decay)

    def epoch() -> None:
        for images, labels in batches.epoch(1):
            with device.autocast():
                loss = task(images, labels)["loss"]
            loss.backward()
            optimiser.step(1e-4)

    return epoch
