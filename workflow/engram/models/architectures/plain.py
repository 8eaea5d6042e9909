"""Strided convolutions: the all-convolutional network of Springenberg et al. (2015)."""

from __future__ import annotations

from torch import nn

from engram.models.architectures._pooled import Pooled, normalised

__all__ = ["build"]


def build(embedding: int, width: int, channels: int) -> nn.Module:
    """Return four convolutions, each with twice the channels of the one before."""
    layers: list[nn.Module] = []
    for level in range(4):
        wide = width * 2**level
        layers += normalised(nn.Conv2d(channels, wide, 3, stride=2, padding=1, bias=False), channels=wide)
        channels = wide
    return Pooled(nn.Sequential(*layers), channels, embedding)
