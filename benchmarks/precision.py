"""Training in bfloat16 against float32: forward and backward passes of the studies' networks on one thread.

Batches of the demonstration's sizes, channels last, without an optimiser. Seconds are the processor's, which
others that use the machine do not lengthen; in turns, medians of nine, with the smallest and largest ratio of
a turn. `compute.precision: auto` follows from such figures of several processors.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from engram.config import ComputeSettings
from engram.models.backbone_files import Backbone
from engram.models.inputs import FaceInputs
from engram.models.vgg import VGG
from engram.training.device import Device, choose_device

__all__ = ["run"]

_SIDE, _TURNS, _WIDTHS = 48, 9, {"sixteenth": 0.0625, "eighth": 0.125, "quarter": 0.25}


def run() -> dict[str, float]:
    """Return the ratio of speeds, bfloat16 over float32, of each network."""
    choose_device(ComputeSettings(device="cpu", precision="fp32"), threads=1)
    found = {}
    for name, width in _WIDTHS.items():
        network = VGG({"expression": 7}, width=width)
        found |= _ratios(f"vgg_of_{name}_width", network, lambda x, n=network: n(x, "expression"), 32, 1)
    shape = {"architecture": "resnet", "embedding": 16, "width": 16, "head": None, "normalised": True}
    student = Backbone.build(shape, FaceInputs(_SIDE), {}).network
    return found | _ratios("student", student, student.embed, 64, 3)


def _ratios(
    name: str, network: nn.Module, forward: Callable[[Tensor], Tensor], batch: int, channels: int
) -> dict[str, float]:
    devices = {precision: Device(torch.device("cpu"), precision) for precision in ("fp32", "bf16")}
    devices["fp32"].place(network).train()
    images = torch.rand(batch, channels, _SIDE, _SIDE).contiguous(memory_format=torch.channels_last)
    seconds: dict[str, list[float]] = {precision: [] for precision in devices}
    for turn in range(_TURNS + 1):
        for precision, device in devices.items():
            started = time.process_time()
            with device.autocast():
                outputs = forward(images)
            outputs.float().sum().backward()
            network.zero_grad()
            if turn:  # the first is a warm-up
                seconds[precision].append(time.process_time() - started)
    turns = [slow / fast for slow, fast in zip(seconds["fp32"], seconds["bf16"], strict=True)]
    medians = {precision: statistics.median(values) for precision, values in seconds.items()}
    return {
        f"{name}_bf16_over_fp32": medians["fp32"] / medians["bf16"],
        f"{name}_smallest": min(turns),
        f"{name}_largest": max(turns),
    }
