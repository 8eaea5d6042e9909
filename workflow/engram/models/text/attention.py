"""Layers of attention to all words of a sentence (Vaswani et al. 2017, section 3), their input normalised."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.models.text.dropout import Dropout

__all__ = ["AttentionLayers"]


class AttentionLayers(nn.Module):
    """Layers and a last normalisation, (B, L, D) to (B, L, D).

    The parameters are those of torch's own layers. The forward pass is written out: for short sentences on a
    CPU torch's looks at more cases than it computes, and its dropout draws slowly.

    Parameters
    ----------
    size, heads, hidden, count
        Values of a word, D; attention heads; values between the two linear maps; layers.
    dropout
        Probability that a value, or a word's attention to another, is dropped.
    """

    def __init__(self, size: int, heads: int, hidden: int, count: int, dropout: float) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            size, heads, hidden, dropout, "gelu", batch_first=True, norm_first=True
        )
        whole = nn.TransformerEncoder(layer, count, nn.LayerNorm(size), enable_nested_tensor=False)
        self.layers, self.norm = whole.layers, cast(nn.LayerNorm, whole.norm)
        self.heads, self.dropout = heads, Dropout(dropout)

    def forward(self, values: Tensor, outside: Tensor | None = None) -> Tensor:
        """Return what the layers make of words; ``outside`` (B, L) bool says which places hold none."""
        hidden = None
        if outside is not None:
            hidden = torch.zeros(outside.shape, device=outside.device)
            hidden = hidden.masked_fill_(outside, -torch.inf)[:, None, None]
        for layer in self.layers:
            values = self._layer(cast(nn.TransformerEncoderLayer, layer), values, hidden)
        return self.norm(values)

    def _layer(self, layer: nn.TransformerEncoderLayer, values: Tensor, hidden: Tensor | None) -> Tensor:
        values = values + self.dropout(self._attended(layer.self_attn, layer.norm1(values), hidden))
        between = self.dropout(F.gelu(layer.linear1(layer.norm2(values))))
        return values + self.dropout(layer.linear2(between))

    def _attended(self, own: nn.MultiheadAttention, values: Tensor, hidden: Tensor | None) -> Tensor:
        batch, length, size = values.shape
        parts = F.linear(values, own.in_proj_weight, own.in_proj_bias)
        query, key, value = parts.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = query @ key.mT * (size // self.heads) ** -0.5
        attention = self.dropout((scores if hidden is None else scores + hidden).softmax(3))
        return own.out_proj((attention @ value).transpose(1, 2).reshape(batch, length, size))
