"""How fast this machine is, for `snakemake plan`: rates, not a comparison.

Writes `workflow/engram/planning/throughput.yaml` as well, or the file that the environment variable
ENGRAM_THROUGHPUT names, for `plan.throughput` of a configuration. Networks run on one core, as the jobs
have, and on the GPU if there is one. Each figure is the best of some turns, of a processor's own
time: what the machine does when nobody else uses it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from torch import nn

from benchmarks.data import make_subset
from engram.config import AugmentSettings, ComputeSettings, FacesSettings
from engram.core.files import write_text
from engram.data.images.prepare import prepare_faces
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.estimate.counts import Count, count_perceptron, count_resnet, count_vgg
from engram.estimate.throughput import (
    DEFAULT,
    AssumedGpu,
    Device,
    Host,
    Rate,
    Throughput,
    processor_name,
)
from engram.models.autoencoders import fully_connected
from engram.models.backbones import build_backbone
from engram.models.vgg import VGG
from engram.statistics.intervals import bootstrap
from engram.training import device as devices
from engram.training.batches import ImageBatches
from engram.training.optimiser import AdamW

__all__ = ["run"]

_BATCH, _FEW = 64, 8
#: Seconds that a figure is tried again and again for the best turn.
_TRIED = 4.0
#: A GPU that most labs can rent: its data sheet, and a share of it that small images and batches reach
#: by experience. Nothing of this was measured here.
_ASSUMED = AssumedGpu(
    name="NVIDIA A100, bf16",
    peak_flops=312e12,
    utilisation={"convolutions": 0.1, "residual": 0.05, "perceptron": 0.1},
    step_seconds={"convolutions": 0.003, "residual": 0.01, "perceptron": 0.002},
    start_seconds=15.0,
    start_bytes=3e9,
)

Build = Callable[[], nn.Module]


def run() -> dict[str, Any]:
    """Measure, write the file, and return its figures."""
    kept = devices.choose_device(ComputeSettings(device="cpu"), threads=1)
    with tempfile.TemporaryDirectory() as name:
        found = Throughput(
            host=_host(Path(name)),
            cpu=_device(processor_name(), kept),
            gpu=_gpu(),
            assumed_gpu=_ASSUMED,
        )
    path = Path(os.environ.get("ENGRAM_THROUGHPUT", DEFAULT))
    write_text(path, yaml.safe_dump(_rounded(found.model_dump()), sort_keys=False))
    figures = {
        f"{device}_{family}_training_gflops": 2 * rate.adds_per_second / 1e9
        for device, measured in (("core", found.cpu), ("gpu", found.gpu))
        if measured
        for family, rate in measured.training.items()
    }
    return {**figures, **{key: value for key, value in found.host.model_dump().items() if key != "name"}}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return float(f"{value:.3g}") if isinstance(value, float) else value


def _gpu() -> Device | None:
    if not torch.cuda.is_available():
        return None
    return _device(
        torch.cuda.get_device_name(), devices.choose_device(ComputeSettings(device="cuda"), threads=1)
    )


def _device(name: str, device: devices.Device) -> Device:
    code = (
        "import sys, snakemake.script, engram.studies.general.probe, engram.studies.lineage.stages\n"
        "from engram.config import ComputeSettings\n"
        "from engram.training.device import choose_device\n"
        "device = choose_device(ComputeSettings(device=sys.argv[1]), 1)\n"
        "device.send(__import__('torch').zeros(9))\n"
    )
    seconds, held = _start(code, device.torch_device.type)
    families = _families()
    return Device(
        name=name,
        precision=device.precision,
        start_seconds=seconds,
        start_bytes=held,
        training={family: _rate(*pair, device, learns=True) for family, pair in families.items()},
        forward={family: _rate(*pair, device, learns=False) for family, pair in families.items()},
    )


def _families() -> dict[str, tuple[tuple[Build, Count, tuple[int, ...]], ...]]:
    """Return each family's small and published network: how it is built, what it counts, its input."""

    def vgg(width: float) -> tuple[Build, Count, tuple[int, ...]]:
        count = count_vgg(width, 1, 48)[1]
        return lambda: _Vgg(VGG({"expression": 7}, width=width)), count, (1, 48, 48)

    def resnet(width: int) -> tuple[Build, Count, tuple[int, ...]]:
        def build() -> nn.Module:
            return build_backbone("resnet", embedding=1024, width=width, channels=3)

        return build, count_resnet(width, 48, 1024), (3, 48, 48)

    def perceptron(sizes: list[int]) -> tuple[Build, Count, tuple[int, ...]]:
        return lambda: fully_connected(sizes), count_perceptron(sizes), (sizes[0],)

    return {
        "convolutions": (vgg(1 / 16), vgg(1.0)),
        "residual": (resnet(4), resnet(27)),
        "perceptron": (perceptron([64, 16]), perceptron([5488, 3136, 1792, 1024])),
    }


class _Vgg(nn.Module):
    """The memory study's network as a module of one input."""

    def __init__(self, network: VGG) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.network(images, "expression")


def _rate(
    small: tuple[Build, Count, tuple[int, ...]],
    large: tuple[Build, Count, tuple[int, ...]],
    device: devices.Device,
    *,
    learns: bool,
) -> Rate:
    """Return what a step takes at least, what a face takes besides, and the speed of multiply-adds.

    From the published network with a full batch, and a narrow one with a full and a small batch.
    """
    passes = 3 if learns else 1

    def measure(network: tuple[Build, Count, tuple[int, ...]], batch: int) -> tuple[float, float]:
        build, count, shape = network
        seconds = _best(_step(build, shape, batch, device, learns), gpu=device.torch_device.type == "cuda")
        return seconds, passes * batch * count.adds

    (few, few_adds), (some, some_adds), (high, many_adds) = (
        *(measure(small, batch) for batch in (_FEW, _BATCH)),
        measure(large, _BATCH),
    )
    speed = (many_adds - some_adds) / max(high - some, 1e-6)
    face = max(0.0, (some - some_adds / speed - few + few_adds / speed) / (_BATCH - _FEW))
    step = max(0.0, few - few_adds / speed - _FEW * face)
    return Rate(step_seconds=step, face_seconds=face, adds_per_second=speed)


def _step(
    build: Build, shape: tuple[int, ...], batch: int, device: devices.Device, learns: bool
) -> Callable[[], None]:
    network = device.place(build()).train(learns)
    inputs = torch.rand(batch, *shape, device=device.torch_device)
    if inputs.ndim == 4:
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    optimiser = AdamW(network.parameters(), 0.01) if learns else None

    def step() -> None:
        with torch.set_grad_enabled(learns):
            with device.autocast():
                loss = network(inputs).float().square().mean()
            if optimiser:
                loss.backward()
                optimiser.step(1e-4)
        # What the computed loss waits for is done when its value is here.
        loss.item()

    return step


def _best(function: Callable[[], object], *, gpu: bool = False) -> float:
    """Return the least seconds of a call, once it is warm.

    Of a processor's time, which others that use the machine do not lengthen; of the clock's for a GPU.
    """
    clock = time.perf_counter if gpu else time.process_time
    function()
    best, ends = float("inf"), time.perf_counter() + _TRIED
    while time.perf_counter() < ends or best == float("inf"):
        started = clock()
        function()
        best = min(best, clock() - started)
    return best


def _host(folder: Path) -> Host:
    seconds, held = _start("import snakemake.script, engram.studies.memory.tables")
    figure = (
        "import snakemake.script, engram.studies.memory.tables, engram.studies.memory.figures.integrity\n"
        "import io, matplotlib.pyplot as plt\n"
        "plt.plot([1, 2]); [plt.savefig(io.BytesIO(), format=form) for form in ('svg', 'png')]\n"
    )
    drawn = folder / "small"
    draw = _best(lambda: draw_dataset(DrawnSpec("wild", 40, 200, 64, seed=5), drawn))
    small, large = _detect(drawn, 64), _detect(_draw_large(folder / "large"), 256)
    # The detector looks at a copy of a fixed size, so that pixels may cost nothing that can be measured.
    pixels = (256**2 - 64**2) / max(large - small, 1e-6)
    return Host(
        name=processor_name(),
        prepared_values_per_second=_prepared(folder),
        drawn_images_per_second=200 / draw,
        detect_seconds=max(0.0, small - 64**2 / pixels),
        detect_pixels_per_second=pixels,
        start_seconds=seconds,
        start_bytes=held,
        evidence_seconds=max(0.0, _start(figure)[0] - seconds),
        evidence_rows_per_second=_resampled(),
    )


def _draw_large(folder: Path) -> Path:
    draw_dataset(DrawnSpec("wild", 8, 24, 256, seed=5), folder)
    return folder


def _detect(folder: Path, side: int) -> float:
    """Return the seconds a drawn image of a side takes, from file to aligned face."""
    manifest = pd.read_csv(folder / "manifest.csv").head(48)
    settings = FacesSettings(size=48)
    best = _best(lambda: prepare_faces(manifest, folder, settings, True, folder / "faces", False))
    return best / len(manifest)


def _prepared(folder: Path) -> float:
    subset = make_subset(folder, 1000)
    batches = ImageBatches(subset, _BATCH, AugmentSettings(), seed=1)
    return len(subset) * 48**2 / _best(lambda: list(batches.epoch(1)))


def _resampled() -> float:
    """Return the rows of predictions a second that a thousand resamples of persons take."""
    models, seeds, units = 20, 3, 1000
    right = np.random.default_rng(1).random((models, seeds, units)) < 0.7
    names = [str(number) for number in range(models)]
    best = _best(lambda: bootstrap(names, right, np.arange(units), "plan"))
    return models * seeds * units / best


def _start(code: str, *arguments: str) -> tuple[float, float]:
    """Return the least processor seconds of a process that runs ``code``, and the bytes it held at most."""
    # With garbage treated as in a rule's script.
    code = f"snakemake = None\nimport gc, engram.runtime.job\n{code}\ngc.freeze()"
    code += "\nprint([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
    best, held = float("inf"), 0.0
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best, held = min(best, spent), 1024 * float(done.stdout.split()[-1])
    return best, held
