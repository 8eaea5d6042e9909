"""Pairs of 3x3 convolutions with pooling between them (Simonyan and Zisserman 2015)."""

from __future__ import annotations

from torch import nn

from engram.models.architectures._pooled import Pooled, normalised

__all__ = ["build"]


def build(embedding: int, width: int, channels: int) -> nn.Module:
    """Return three pairs of convolutions, each with twice the channels of the one before."""
    layers: list[nn.Module] = []
    for level in range(3):
        wide = width * 2**level
        for before in (channels, wide):
            layers += normalised(nn.Conv2d(before, wide, 3, padding=1, bias=False), channels=wide)
        layers.append(nn.MaxPool2d(2))
        channels = wide
    return Pooled(nn.Sequential(*layers), channels, embedding)
