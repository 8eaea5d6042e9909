"""Heads: they predict a task's outputs from an embedding."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

__all__ = ["Headed", "mlp"]


def mlp(embedding: int, hidden: int, outputs: int, dropout: float) -> nn.Sequential:
    """Return the multi-layer perceptron of section 3.5 of Vielzeuf et al. (2019): one hidden layer."""
    return nn.Sequential(
        nn.Linear(embedding, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, outputs)
    )


class Headed(nn.Module):
    """A backbone with a head.

    Parameters
    ----------
    backbone
        Images (N, C, H, W) to embeddings (N, D).
    head
        Embeddings to outputs (N, O).
    normalised
        Whether the embedding is scaled to length sqrt(D) before the head: the cosine loss leaves the
        length of a student's embedding undetermined.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module, *, normalised: bool = False) -> None:
        super().__init__()
        self.backbone, self.head, self.normalised = backbone, head, normalised

    def embed(self, images: Tensor) -> Tensor:
        """Return the embeddings (N, D) that the head reads."""
        embedding = self.backbone(images)
        if self.normalised:
            embedding = F.normalize(embedding, dim=1) * embedding.shape[1] ** 0.5
        return embedding

    def forward(self, images: Tensor) -> Tensor:
        """Return the outputs (N, O)."""
        return self.head(self.embed(images))
