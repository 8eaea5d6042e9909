"""Slow references of losses: plain loops over numbers."""

import math

import torch

SIZES = [3, 5, 2]


def pair(seed, columns):
    """Return two random batches (6, columns)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(6, columns, generator=generator), torch.randn(6, columns, generator=generator)


def slow_cosine(ours, theirs):
    """Return one minus the cosine of two rows."""
    dot = sum(a * b for a, b in zip(ours, theirs, strict=True))
    lengths = math.sqrt(sum(a * a for a in ours)) * math.sqrt(sum(b * b for b in theirs))
    return 1 - dot / lengths


def slow_smooth(ours, theirs):
    """Return the mean smooth L1 distance of two rows."""
    gaps = [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
    return sum(gap**2 / 2 if gap < 1 else gap - 0.5 for gap in gaps) / len(gaps)
