"""A student's training against a bare loop of forward and backward passes on random tensors.

The bare loop reads no face, augments nothing, has no loss to a teacher, no dropping and no optimiser:
what it does is the least that any training of that network costs. Ours is the training itself, with
all of these, for each kind of student at width 16 on faces of 48 pixels with the teachers' embeddings
read from the disk, in batches of 64 on one core, as the jobs have, in turns.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engram.config import AugmentSettings, ComputeSettings
from engram.models.autoencoders import fully_connected
from engram.models.backbone_files import Backbone
from engram.models.heads import Headed
from engram.models.inputs import FaceInputs
from engram.models.student_with_decoder import Projectors, StudentWithDecoder
from engram.training.device import Device, choose_device
from engram.training.losses.cosine import cosine_loss
from engram.training.losses.reconstruction import reconstruction_loss
from engram.training.losses.unic import teacher_losses
from engram.training.optimiser import AdamW
from engram.training.teachers import DistillationBatches, DistillationTask

__all__ = ["run"]

_WIDTH, _SIDE, _BATCH, _FACES, _TURNS = 16, 48, 64, 512, 7
#: Sizes of six source embeddings, and of the layers that fuse them.
_SIZES, _LAYERS = [24, 96, 32, 48, 32, 96], [328, 187, 107, 61]


def run() -> dict[str, float]:
    """Return images per second of the bare loop and of each student's training, and the ratios."""
    device = choose_device(ComputeSettings(device="cpu", precision="fp32"), threads=1)
    with tempfile.TemporaryDirectory() as name:
        epochs = {"bare": _bare(device)}
        epochs |= {kind: _ours(kind, Path(name), device) for kind in ("unique", "mt", "unic")}
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
        **{f"{name}_over_bare": speed[name] / speed["bare"] for name in epochs if name != "bare"},
    }


def _student() -> Headed:
    shape = {"architecture": "resnet", "embedding": _LAYERS[-1], "width": _WIDTH, "head": None}
    return Backbone.build({**shape, "normalised": True}, FaceInputs(_SIDE), {}).network


def _bare(device: Device) -> Callable[[], None]:
    network = device.place(_student()).train()
    images = torch.rand(_BATCH, 3, _SIDE, _SIDE).contiguous(memory_format=torch.channels_last)

    def epoch() -> None:
        for _ in range(_FACES // _BATCH):
            network.embed(images).sum().backward()
            for parameter in network.parameters():
                parameter.grad = None

    return epoch


def _ours(kind: str, folder: Path, device: Device) -> Callable[[], None]:
    decoder, losses = {
        "unique": (nn.Identity(), cosine_loss),
        "mt": (fully_connected(_LAYERS[::-1]), reconstruction_loss),
        "unic": (Projectors(_LAYERS[-1], _SIZES), partial(teacher_losses, sizes=_SIZES)),
    }[kind]
    pupil = device.place(StudentWithDecoder(_student(), decoder)).train()
    task, optimiser = DistillationTask(pupil, losses, dropping=0.5), AdamW(pupil.parameters(), 0.01)
    batches = _batches(_LAYERS[-1] if kind == "unique" else _LAYERS[0], folder / kind)

    def epoch() -> None:
        for inputs, targets in batches.epoch(1):
            task(inputs, targets)["loss"].backward()
            optimiser.step(1e-4)

    return epoch


def _batches(values: int, folder: Path) -> DistillationBatches:
    """Return faces and teachers' embeddings, both memory-mapped."""
    rng = np.random.default_rng(5)
    folder.mkdir()
    np.save(folder / "faces.npy", rng.integers(0, 256, (_FACES, _SIDE, _SIDE, 3), np.uint8))
    np.save(folder / "taught.npy", rng.normal(size=(_FACES, values)).astype(np.float32))
    return DistillationBatches(
        np.load(folder / "faces.npy", mmap_mode="r"),
        np.arange(_FACES),
        np.asarray(np.load(folder / "taught.npy", mmap_mode="r")).__getitem__,
        FaceInputs(_SIDE),
        batch_size=_BATCH,
        settings=AugmentSettings(shift=2),
        seed=1,
    )
