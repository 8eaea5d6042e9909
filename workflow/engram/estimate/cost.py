"""What a job takes: its work at the speed that the pilot measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engram.training.workload import Work, Workload

__all__ = ["Cost", "Measured", "Pilot", "price", "workload_key"]

#: Seconds of a job's start, without torch and with it, and bytes that its modules hold: all of them without
#: torch, and those beside the pilot's with it. Measured in the smoke run on one core of an EPYC processor.
_START, _START_TORCH, _MODULES, _MODULES_TORCH = 0.9, 2.6, 140e6, 200e6
#: Bytes of a weight in a model, and in two checkpoints with Adam's moments and the best weights.
_MODEL, _CHECKPOINTS = 4, 32
_FLOAT16 = 2


@dataclass(frozen=True)
class Measured:
    """What one step of a workload takes."""

    seconds: float
    memory: int
    """Largest number of bytes that the process held on the host."""
    gpu_memory: int
    """Largest number of bytes that it held on the GPU."""
    parameters: int
    input_values: int
    """Values of one sample, as the network reads it."""


@dataclass(frozen=True)
class Pilot:
    """What was measured on a device."""

    device: str
    """With its number format."""
    gpu: bool
    threads: int
    measured: Mapping[str, Measured] = field(default_factory=dict)
    """A workload's key -> what a step takes."""

    def on_device(self, workload: Workload) -> Workload:
        """Return a workload as this device runs it."""
        return workload.on_gpu() if self.gpu else workload


def workload_key(workload: Workload) -> str:
    """Return a text that is the same for workloads whose steps are alike."""
    return f"{'training' if workload.learns else 'forward'} {workload.batch} {workload.network.key}"


@dataclass(frozen=True)
class Cost:
    """What a job takes."""

    seconds: float
    gpu: bool
    """Whether it holds GPUs; else it holds cores."""
    slots: int
    """How many of them it holds."""
    memory: float
    """Bytes of the host's memory."""
    gpu_memory: float
    """Bytes of each GPU's memory."""
    disk: float
    """Bytes that it leaves."""
    scratch: float
    """Bytes on the disk while it runs."""


def price(work: Work, pilot: Pilot) -> Cost:
    """Return what a job takes on the pilot's device."""
    if not work.workloads:
        return Cost(
            _START + work.core_seconds, False, 1, _MODULES + work.arrays, 0.0, work.disk, work.scratch
        )
    run = map(pilot.on_device, work.workloads)
    found = [(workload, pilot.measured[workload_key(workload)]) for workload in run]
    return Cost(
        seconds=_START_TORCH + work.core_seconds + sum(each.steps * took.seconds for each, took in found),
        gpu=pilot.gpu,
        slots=work.processes * (1 if pilot.gpu else pilot.threads),
        memory=work.processes * (max(took.memory for _, took in found) + _MODULES_TORCH + work.arrays),
        gpu_memory=max(took.gpu_memory for _, took in found),
        disk=work.disk + sum(_MODEL * each.models * took.parameters for each, took in found),
        scratch=work.scratch
        + max(
            _FLOAT16 * each.cached * took.input_values + _CHECKPOINTS * bool(each.models) * took.parameters
            for each, took in found
        ),
    )
