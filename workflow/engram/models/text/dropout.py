"""Dropout that is the same at every word of a sentence (Gal and Ghahramani 2016, section 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["SentenceDropout"]


class SentenceDropout(nn.Module):
    """Values (B, L, D) with some of the D set to 0 throughout a sentence, and the others scaled.

    It fits less of a small data set by heart than dropout word by word, and draws L times fewer numbers:
    on a CPU those of torch's own dropout take a tenth of a tagger's training.

    Parameters
    ----------
    p
        Probability that a value is dropped.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, values: Tensor) -> Tensor:
        """Return the values, in evaluation unchanged."""
        if not self.training or self.p == 0:
            return values
        shape = (values.shape[0], 1, values.shape[2])
        kept = torch.rand(shape, device=values.device) >= self.p
        return values * (kept.to(values.dtype) / (1 - self.p))

    def extra_repr(self) -> str:
        """Return the setting, for printing the network."""
        return f"p={self.p}"
