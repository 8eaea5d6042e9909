"""How fast machines are: what was measured on one, and what is assumed of a GPU that was not.

`throughput.yaml` beside this file was written by ``python -m benchmarks throughput_plan``; the same
command on a lab's own machine writes one that `plan.throughput` names.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engram.core.errors import ConfigurationError

__all__ = [
    "DEFAULT",
    "FAMILIES",
    "AssumedGpu",
    "Device",
    "Host",
    "Rate",
    "Throughput",
    "processor_name",
    "read_throughput",
]

#: What the project measured, for those who have not measured yet.
DEFAULT = Path(__file__).with_name("throughput.yaml")
#: Kinds of networks that reach different speeds: plain convolutions, residual networks with their
#: normalisation, fully connected layers.
FAMILIES = ("convolutions", "residual", "perceptron")

Family = Literal["convolutions", "residual", "perceptron"]
_Positive = Field(gt=0.0)


class _Measured(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Rate(_Measured):
    """A step takes ``step_seconds``, ``face_seconds`` for each face, and its multiply-adds' time."""

    step_seconds: float = Field(ge=0.0)
    face_seconds: float = Field(ge=0.0, default=0.0)
    adds_per_second: float = _Positive


class Device(_Measured):
    """What networks run on: one core of a processor, or one GPU."""

    name: str
    precision: str
    """Number format that was used."""
    start_seconds: float = _Positive
    """From the start of a job's process to its first step: snakemake, imports, context."""
    start_bytes: float = _Positive
    """The host's memory that the process holds then."""
    training: dict[Family, Rate]
    forward: dict[Family, Rate]


class AssumedGpu(_Measured):
    """A GPU that nobody measured: its data sheet, and how much of that such networks reach."""

    name: str
    peak_flops: float = _Positive
    """Of the number format that would be used; a multiply-add is two."""
    utilisation: dict[Family, float]
    step_seconds: dict[Family, float]
    """Least seconds of a training step, bound by the starting of its kernels; a forward pass a third."""
    start_seconds: float = _Positive
    start_bytes: float = _Positive

    def device(self) -> Device:
        """Return it as a device."""
        rates = {
            family: Rate(
                step_seconds=self.step_seconds[family],
                adds_per_second=self.peak_flops / 2 * self.utilisation[family],
            )
            for family in FAMILIES
        }
        forward = {
            family: Rate(step_seconds=rate.step_seconds / 3, adds_per_second=rate.adds_per_second)
            for family, rate in rates.items()
        }
        return Device(
            name=self.name,
            precision="bf16",
            start_seconds=self.start_seconds,
            start_bytes=self.start_bytes,
            training=rates,
            forward=forward,
        )


class Host(_Measured):
    """What runs on a processor wherever the networks run; all of one core."""

    name: str
    prepared_values_per_second: float = _Positive
    """Values of faces (pixels times channels) that are read, augmented and standardised."""
    drawn_images_per_second: float = _Positive
    """Drawn faces of 64 x 64 pixels."""
    detect_seconds: float = Field(ge=0.0)
    """Decoding, detecting and aligning a face, whatever its size ..."""
    detect_pixels_per_second: float = _Positive
    """... and by its pixels."""
    start_seconds: float = _Positive
    """From the start of a job without torch to its first line."""
    start_bytes: float = _Positive
    evidence_seconds: float = Field(ge=0.0)
    """A table, figure or page of claims, however few its rows ..."""
    evidence_rows_per_second: float = _Positive
    """... and by the rows of predictions that it reads and resamples a thousand times."""


class Throughput(_Measured):
    """Everything that a plan knows of machines."""

    host: Host
    cpu: Device
    """One core."""
    gpu: Device | None = None
    """Measured; none where no GPU was."""
    assumed_gpu: AssumedGpu

    @property
    def planned_gpu(self) -> Device:
        """The measured GPU, or the assumed one."""
        return self.gpu or self.assumed_gpu.device()


def read_throughput(path: Path = DEFAULT) -> Throughput:
    """Read a measured machine.

    Raises
    ------
    ConfigurationError
        If the file is missing or is not what ``python -m benchmarks throughput_plan`` writes.
    """
    try:
        return Throughput.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(
            f"{path}: this is no measured throughput ({str(error).splitlines()[0]}). Write it anew with "
            "'python -m benchmarks throughput_plan', or take 'plan.throughput' out of the configuration."
        ) from None


def processor_name(info: Path = Path("/proc/cpuinfo")) -> str:
    """Return what this machine's processor is called, or its architecture where nothing else is told.

    Parameters
    ----------
    info
        Where Linux tells of processors: by name on some architectures only.
    """
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine() or "unknown"
