"""What a job computes, and how long that takes on a machine."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from engram.estimate.counts import Count
from engram.estimate.throughput import Device, Host, Rate

__all__ = ["FORWARD_BATCH", "Cost", "Work"]

#: Faces of a pass where nothing is learnt.
FORWARD_BATCH = 32
#: Bytes of a parameter in training: itself, its gradient, two moments, the best epoch's copy.
_TRAINED, _LOADED, _VALUE = 20, 4, 4
#: What a training step's forward and backward pass cost, in forward passes.
_TRAINING_PASSES = 3
#: Bytes of torchrun, which starts a job's processes on each of its nodes.
_TORCHRUN = 5e8


@dataclass(frozen=True)
class Cost:
    """What a job takes."""

    seconds: float
    gpu: bool
    """Whether it holds a GPU, where there is one."""
    memory: float
    """Bytes of the host, of each where there are several."""
    gpu_memory: float
    """Bytes of a GPU."""
    disk: float
    """Bytes that it leaves."""
    scratch: float = 0.0
    """Bytes on the disk while it runs."""
    slots: int = 1
    """GPUs, or cores, that it holds."""


@dataclass
class Work:
    """A job's arithmetic, summed up as the job's parts are named."""

    training: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0, 0.0]))
    """Family -> steps, faces, multiply-adds."""
    forward: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0, 0.0]))
    """Family -> batches, faces, multiply-adds."""
    values: float = 0.0
    """Values of faces that the host prepares."""
    held: float = 0.0
    """Bytes that the largest network takes beside the process."""
    arrays: float = 0.0
    """Bytes of arrays that the host holds."""
    disk: float = 0.0
    scratch: float = 0.0

    def train(
        self,
        family: str,
        count: Count,
        faces: float,
        epochs: int,
        batch: int,
        values: float,
        *,
        joins: bool = True,
    ) -> None:
        """Add training of ``epochs`` passes over ``faces`` of ``values`` values each.

        ``joins`` says whether a last face alone joins the batch before, as networks' faces do and those
        of heads and autoencoders do not.
        """
        mine = self.training[family]
        mine[0] += epochs * max(1, math.ceil((faces - 1 if joins else faces) / batch))
        mine[1] += epochs * faces
        mine[2] += epochs * faces * count.adds * _TRAINING_PASSES
        self.values += epochs * faces * values
        kept = 2 * _VALUE * min(batch, faces) * count.values
        self.held = max(self.held, _TRAINED * count.parameters + kept)

    def look(
        self,
        family: str,
        count: Count,
        faces: float,
        values: float,
        times: float = 1,
        batch: int = FORWARD_BATCH,
    ) -> None:
        """Add ``times`` forward passes over ``faces``.

        What a layer gave is let go as soon as the next one has it: nothing goes back.
        """
        mine = self.forward[family]
        mine[0] += times * math.ceil(faces / batch)
        mine[1] += times * faces
        mine[2] += times * faces * count.adds
        self.values += times * faces * values
        held = _VALUE * min(batch, faces) * count.passing
        self.held = max(self.held, _LOADED * count.parameters + held)

    def cost(self, device: Device, host: Host, *, gpu: bool, processes: int = 1, nodes: int = 1) -> Cost:
        """Return what it takes on a device, or on one for each of ``processes`` on each of ``nodes``.

        The host prepares the next batch while a GPU computes, so the slower of the two counts there; on a
        processor both add up. Processes share the faces of every batch, so each takes all training steps;
        where nothing is learnt they share the batches. Each holds all that one alone would hold.
        """
        slots = processes * nodes
        computed = sum(
            _seconds(device.training[name], steps, faces / slots, adds / slots)
            for name, (steps, faces, adds) in self.training.items()
        )
        computed += sum(
            _seconds(device.forward[name], *(count / slots for count in part))
            for name, part in self.forward.items()
        )
        prepared = self.values / slots / host.prepared_values_per_second
        busy = max(computed, prepared) if gpu else computed + prepared
        memory = processes * (device.start_bytes + self.arrays + (0 if gpu else self.held))
        return Cost(
            seconds=device.start_seconds + busy,
            gpu=gpu,
            memory=memory + (_TORCHRUN if slots > 1 else 0),
            gpu_memory=self.held if gpu else 0.0,
            disk=self.disk,
            scratch=self.scratch,
            slots=slots,
        )


def _seconds(rate: Rate, steps: float, faces: float, adds: float) -> float:
    return steps * rate.step_seconds + faces * rate.face_seconds + adds / rate.adds_per_second
