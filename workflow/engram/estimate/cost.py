"""What a job takes: its work at the speed that the pilot measured."""

from __future__ import annotations

from dataclasses import dataclass

from engram.estimate.measured import Pilot
from engram.training.workload import Work

__all__ = ["Cost", "price"]

#: Seconds of a job's start, without torch and with it, and bytes that its modules hold: all of them without
#: torch, and those beside the pilot's with it. Measured in the smoke run on one core of an EPYC processor.
_START, _START_TORCH, _MODULES, _MODULES_TORCH = 0.9, 2.6, 140e6, 200e6
#: Bytes of a weight in a model, and in two checkpoints with Adam's moments and the best weights.
_MODEL, _CHECKPOINTS = 4, 32
_FLOAT16 = 2


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
    """Return what a job takes on the pilot's device.

    Raises
    ------
    EstimateError
        If the pilot did not measure one of its workloads.
    """
    if not work.workloads:
        return Cost(
            _START + work.core_seconds, False, 1, _MODULES + work.arrays, 0.0, work.disk, work.scratch
        )
    found = [pilot.find(workload) for workload in work.workloads]
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
