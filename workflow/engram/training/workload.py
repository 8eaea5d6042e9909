"""What a job computes: how many steps of which networks, and of what batches.

The batches that the loop trains on come from `batch_slices`; a `Workload` counts them. So
`snakemake estimate`, which prices workloads, and the training cannot disagree. No torch here.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from engram.config import TrainingSettings
from engram.config.base import Strict

__all__ = [
    "FORWARD_BATCH",
    "GPU_FORWARD_BATCH",
    "HEADS_BATCH",
    "HEADS_WEIGHTS",
    "OPERATOR_BATCH",
    "DataSize",
    "Network",
    "Work",
    "Workload",
    "batch_slices",
]

#: Samples of a forward pass where nothing is learnt. Fewer cost more calls: in batches of 32 the
#: demonstration's student embeds two thirds as many faces a second, its VGG five sixths, one
#: of the published width nine tenths.
FORWARD_BATCH = 128
#: Samples of such a pass on a GPU.
GPU_FORWARD_BATCH = 256
#: Rows of embeddings that an operator fuses at once.
OPERATOR_BATCH = 1024
#: Rows of a pass through heads where nothing is learnt.
HEADS_BATCH = 512
#: Weights of the heads that share a computation, at most: the optimiser's state is four times that.
HEADS_WEIGHTS = 1 << 22


def batch_slices(count: int, batch_size: int, *, joins: bool = True) -> list[slice]:
    """Return the slices of ``count`` shuffled samples that are the batches of an epoch: a step each.

    Parameters
    ----------
    joins
        Whether a last sample alone joins the batch before it: batch normalisation needs two.
    """
    ends = [*range(batch_size, count - 1 if joins else count, batch_size), count]
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


class Network(Strict):
    """A network by what builds it; the pilot of `engram.estimate` builds and measures it."""

    kind: Literal["vgg", "backbone", "student", "operator", "heads", "imported", "tagger"]
    settings: dict[str, Any]
    """Arguments of its builder in `engram.estimate.networks`."""

    @property
    def key(self) -> str:
        """A text that is the same for equal networks only."""
        return json.dumps([self.kind, self.settings], sort_keys=True)


class Workload(Strict):
    """Some steps of one network on batches of one shape."""

    network: Network
    batch: int = Field(ge=1)
    """Samples of a step."""
    steps: int = Field(ge=0)
    learns: bool = True
    """Whether a step is forward, backward and an update; else it is a forward pass."""
    models: int = 0
    """How many networks of the kind are written to the results."""
    cached: int = 0
    """Samples whose inputs to the network lie in the scratch folder, as float16."""
    gpu_batch: int | None = None
    """Samples of a step on a GPU, where they are more than on a processor."""
    gpu_steps: int = 0
    """Steps of that size."""

    @classmethod
    def training(
        cls,
        network: Network,
        samples: int,
        recipe: TrainingSettings,
        *,
        times: int = 1,
        joins: bool = True,
        models: int = 0,
    ) -> Workload:
        """Return ``times`` trainings for all epochs of a recipe; patience may end them earlier."""
        steps = times * recipe.epochs * len(batch_slices(samples, recipe.batch_size, joins=joins))
        batch = max(1, min(recipe.batch_size, samples))
        return cls(network=network, batch=batch, steps=steps, models=models)

    @classmethod
    def forward(
        cls,
        network: Network,
        samples: int,
        *,
        times: int = 1,
        batch_size: int = FORWARD_BATCH,
        gpu_batch: int | None = None,
    ) -> Workload:
        """Return ``times`` forward passes over the samples."""
        return cls(
            network=network,
            batch=max(1, min(batch_size, samples)),
            steps=times * -(-samples // batch_size),
            learns=False,
            gpu_batch=gpu_batch and max(1, min(gpu_batch, samples)),
            gpu_steps=times * -(-samples // gpu_batch) if gpu_batch else 0,
        )

    def shared(self, processes: int) -> Workload:
        """Return what each of several processes does: a fraction of each training batch, or of the passes."""
        if self.learns:
            return self.model_copy(update={"batch": -(-self.batch // processes)})
        steps, gpu_steps = (-(-count // processes) for count in (self.steps, self.gpu_steps))
        return self.model_copy(update={"steps": steps, "gpu_steps": gpu_steps})

    def on_gpu(self) -> Workload:
        """Return the same samples in a GPU's batches."""
        if self.gpu_batch is None:
            return self
        return self.model_copy(
            update={"batch": self.gpu_batch, "steps": self.gpu_steps, "gpu_batch": None, "gpu_steps": 0}
        )


class Work(Strict):
    """What a job computes and holds."""

    workloads: list[Workload] = Field(default=[])
    """Its networks; a job without any uses no GPU."""
    core_seconds: float = 0.0
    """Seconds of one processor core besides."""
    arrays: float = 0.0
    """Bytes of arrays that it holds in memory."""
    disk: float = 0.0
    """Bytes that it writes to the results, its models not counted."""
    scratch: float = 0.0
    """Bytes on the disk while it runs, checkpoints and cached inputs not counted."""
    processes: int = 1
    """Processes that share each workload, each with a GPU or a core."""

    def __add__(self, other: Work) -> Work:
        """Return both, one after the other in one job."""
        return Work(
            workloads=[*self.workloads, *other.workloads],
            core_seconds=self.core_seconds + other.core_seconds,
            arrays=max(self.arrays, other.arrays),
            disk=self.disk + other.disk,
            scratch=max(self.scratch, other.scratch),
            processes=max(self.processes, other.processes),
        )

    def shared(self, processes: int) -> Work:
        """Return the same work of several processes."""
        workloads = [workload.shared(processes) for workload in self.workloads]
        return self.model_copy(update={"workloads": workloads, "processes": processes})


class DataSize(Strict):
    """A data set's numbers of faces, as far as they are known before it is read."""

    images: int
    subjects: int
    train: int
    validation: int
    test: int
    side: int
    """Side in pixels of a raw image."""
    origin: str
    """How the number of images is known."""
