"""Dropout of single values, and dropout that is the same at every word of a sentence."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Dropout", "SentenceDropout"]


#: What 16 random bits tell apart.
_CHANCES = 2**16


class Dropout(nn.Module):
    """Values of any shape with some set to 0, each drawn by itself, and the others scaled.

    A value takes 16 random bits, not a number of its own: on a CPU torch's dropout takes three times as long.

    Parameters
    ----------
    p
        Probability that a value is dropped; it is rounded to 1/65,536.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, values: Tensor) -> Tensor:
        """Return the values, in evaluation unchanged."""
        dropped = round(self.p * _CHANCES)
        if not self.training or dropped == 0:
            return values
        words = torch.empty(-(-values.numel() // 4), dtype=torch.int64, device=values.device)
        drawn = words.random_(-(2**63), None).view(torch.int16)[: values.numel()].view(values.shape)
        kept = (drawn >= dropped - _CHANCES // 2).to(values.dtype)
        return values * kept.mul_(_CHANCES / (_CHANCES - dropped))

    def extra_repr(self) -> str:
        """Return the setting, for printing the network."""
        return f"p={self.p}"


class SentenceDropout(nn.Module):
    """Values (B, L, D) with some of the D set to 0 throughout a sentence, and the others scaled.

    See Gal and Ghahramani (2016, section 4).

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
