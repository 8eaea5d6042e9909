"""Settings that every training shares."""

from __future__ import annotations

import math

from pydantic import Field

from engram.config.base import Strict

__all__ = ["AugmentSettings", "TrainingSettings"]


class AugmentSettings(Strict):
    """Random changes of a training face."""

    flip: bool = True
    """Mirror half of the faces."""
    shift: int = Field(default=3, ge=0)
    """Largest shift in pixels, in each direction."""


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
