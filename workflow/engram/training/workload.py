"""How many steps a training takes, and of what batches.

The batches that the loop trains on come from `batch_slices`; a `Workload` counts them. So
`snakemake estimate`, which prices workloads, and the training cannot disagree. No torch here.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from engram.config import TrainingSettings
from engram.config.base import Strict

__all__ = ["FORWARD_BATCH", "Network", "Workload", "batch_slices"]

#: Samples of a forward pass where nothing is learnt: few, so that activations stay in the processor's cache.
FORWARD_BATCH = 32


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

    kind: Literal["vgg", "backbone", "student", "operator", "heads", "imported"]
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
    kept: bool = False
    """Whether the network is written to the results."""

    @classmethod
    def training(
        cls,
        network: Network,
        samples: int,
        recipe: TrainingSettings,
        *,
        joins: bool = True,
        kept: bool = False,
    ) -> Workload:
        """Return the training of a network for all epochs of its recipe; patience may end it earlier."""
        steps = recipe.epochs * len(batch_slices(samples, recipe.batch_size, joins=joins))
        return cls(network=network, batch=max(1, min(recipe.batch_size, samples)), steps=steps, kept=kept)

    @classmethod
    def forward(
        cls, network: Network, samples: int, *, times: int = 1, batch_size: int = FORWARD_BATCH
    ) -> Workload:
        """Return ``times`` forward passes over the samples."""
        steps = times * -(-samples // batch_size)
        return cls(network=network, batch=max(1, min(batch_size, samples)), steps=steps, learns=False)

    def shared(self, processes: int) -> Workload:
        """Return what each of several processes does: a fraction of each training batch, or of the passes."""
        if self.learns:
            return self.model_copy(update={"batch": -(-self.batch // processes)})
        return self.model_copy(update={"steps": -(-self.steps // processes)})
