"""What the engine trains: a network, its task and its batches, as a study prepares them for a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from engram.training.loop import Batches
from engram.training.objective import Task

__all__ = ["Learning"]


@dataclass(frozen=True)
class Learning:
    """A stage that is ready to train: what `engram.training.loop.fit` is given."""

    network: nn.Module
    """At its starting point, frozen as the recipe says, on the device."""
    task: Task
    batches: Batches
    validation: Callable[[], Iterable[tuple[Any, ...]]]
    """Called after each epoch for the validation batches of the stage, which choose the epoch."""
    observe: Callable[[], dict[str, float]] | None
    """Called before training and after each epoch for the scores, 0 to 1, by data set; it chooses nothing."""
    sizes: Mapping[str, float]
    """Numbers of training and validation samples, for the record."""
    observed: Mapping[str, int]
    """Data set -> number of validation samples that it is observed on."""
    clip: float | None = None
    """Largest norm of a step's gradient."""
    averaging: float = 0.0
    """Decay of the moving average of the weights over steps; 0 for none."""
