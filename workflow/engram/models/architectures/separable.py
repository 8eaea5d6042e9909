"""Depthwise separable convolutions (MobileNet, Howard et al. 2017)."""

from __future__ import annotations

from torch import nn

from engram.models.architectures._pooled import Pooled, normalised

__all__ = ["build"]


def build(embedding: int, width: int, channels: int) -> nn.Module:
    """Return a convolution and three separable ones, each with twice the channels of the one before."""
    layers = normalised(nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False), channels=width)
    before = width
    for level in (1, 2, 3):
        wide = width * 2**level
        layers += normalised(
            nn.Conv2d(before, before, 3, stride=2, padding=1, groups=before, bias=False), channels=before
        )
        layers += normalised(nn.Conv2d(before, wide, 1, bias=False), channels=wide)
        before = wide
    return Pooled(nn.Sequential(*layers), before, embedding)
