"""Settings that every training shares."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from engram.config.base import Strict

__all__ = ["AugmentSettings", "TrainingSettings", "TuningSettings"]


class AugmentSettings(Strict):
    """Random changes of a training face."""

    flip: bool = True
    """Mirror half of the faces."""
    shift: int = Field(default=3, ge=0)
    """Largest shift in pixels, in each direction."""

    def scaled(self, scale: float) -> AugmentSettings:
        """Return them for faces that are given smaller than they are stored, by ``scale``."""
        return self if scale == 1 else self.model_copy(update={"shift": round(self.shift * scale)})


class TrainingSettings(Strict):
    """How long, how fast and in what steps a network trains."""

    epochs: int = Field(default=30, ge=1)
    """Largest number of passes over the training subset."""
    patience: int = Field(default=10, ge=1)
    """Epochs without a better validation result before training stops."""
    batch_size: int = Field(default=64, ge=2)
    """Faces a step."""
    learning_rate: float = Field(default=1e-4, gt=0.0)
    """Adam's learning rate; it falls to zero along a cosine."""
    weight_decay: float = Field(default=0.0, ge=0.0)
    """Decoupled weight decay (AdamW); 0 is Adam."""

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 1: it falls to zero along a cosine."""
        return self.learning_rate * (1 + math.cos(math.pi * (epoch - 1) / self.epochs)) / 2


class TuningSettings(TrainingSettings):
    """How a network that knows something already is trained further on a target."""

    head: Literal["probe", "random"] = "probe"
    """What the new head starts from. `probe`: first the head alone is trained on the frozen embedding, as
    heads are (`general.head.training`), and the whole network goes on from there: a random head would
    disturb what the network knows (Kumar et al. 2022). Networks from random weights (CNN) have no probe."""
    body_rate: float = Field(default=1.0, gt=0.0, le=1.0)
    """The learning rate of the layers below the head, as a fraction of the head's; CNN has one rate."""
