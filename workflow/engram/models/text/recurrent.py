"""Recurrent layers over sentences of several lengths, in both directions."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from engram.models.text.dropout import SentenceDropout

__all__ = ["BothDirections", "turn"]


class BothDirections(nn.Module):
    """Layers of an LSTM or GRU from the left and one from the right, (B, L, D) to (B, L, 2 x units).

    Sentences are turned around by their lengths and not packed: on a CPU torch runs packed ones word by
    word and takes twice as long. What stands behind a sentence's end changes nothing before it.

    Parameters
    ----------
    inputs
        Values of a word, D.
    units
        Values of a direction's state.
    layers
        Layers of both directions; from the second on a layer reads both of the one before.
    dropout
        Probability that a value between layers is dropped throughout a sentence.
    kind
        What a layer is.
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        layers: int = 1,
        dropout: float = 0.0,
        *,
        kind: Literal["lstm", "gru"] = "lstm",
    ) -> None:
        super().__init__()
        layer = nn.LSTM if kind == "lstm" else nn.GRU
        sizes = [inputs, *[2 * units] * (layers - 1)]
        self.right = nn.ModuleList(layer(size, units, batch_first=True) for size in sizes)
        self.left = nn.ModuleList(layer(size, units, batch_first=True) for size in sizes)
        self.dropout = SentenceDropout(dropout)
        self.size = 2 * units

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return the states of both directions at each word."""
        for place, (right, left) in enumerate(zip(self.right, self.left, strict=True)):
            if place:
                values = self.dropout(values)
            backward = turn(left(turn(values, lengths))[0], lengths)
            values = torch.cat([right(values)[0], backward], 2)
        return values


def turn(values: Tensor, lengths: Tensor) -> Tensor:
    """Return sentences (B, L, D) with their words in reverse order, still at the left."""
    places = torch.arange(values.shape[1], device=values.device)
    turned = (lengths[:, None] - 1 - places).clamp_min(0)
    return values.gather(1, turned[..., None].expand(values.shape))
