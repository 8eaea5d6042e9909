"""A student and its decoder, which rebuilds the targets from the student's embedding in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from engram.models.autoencoders import fully_connected
from engram.models.heads import Headed

__all__ = ["DECODERS", "Projectors", "StudentWithDecoder", "build_decoder"]


class Projectors(nn.Module):
    """A small perceptron for each teacher: embeddings (N, D) to all teachers' embeddings (N, sum of sizes).

    The expendable projectors of UNIC (Sariyildiz et al. 2024). UNIC has one behind each block of
    a transformer; here they stand behind the student's embedding alone, the one layer that is kept.
    """

    def __init__(self, embedding: int, sizes: Sequence[int]) -> None:
        super().__init__()
        self.teachers = nn.ModuleList(
            nn.Sequential(nn.Linear(embedding, embedding), nn.GELU(), nn.Linear(embedding, size))
            for size in sizes
        )

    def forward(self, embedding: Tensor) -> Tensor:
        """Return the teachers' embeddings beside one another."""
        return torch.cat([teacher(embedding) for teacher in self.teachers], dim=1)


class StudentWithDecoder(nn.Module):
    """A student with a decoder behind its embedding; only the student is kept after training."""

    def __init__(self, student: Headed, decoder: nn.Module) -> None:
        super().__init__()
        self.student, self.decoder = student, decoder

    def forward(self, images: Tensor) -> Tensor:
        """Return the decoder's outputs (N, T) for images (N, C, H, W)."""
        return self.decoder(self.student.embed(images))


#: Name -> what builds a decoder from the sizes of the fusing encoder's layers and of the source embeddings.
DECODERS: dict[str, Callable[[Sequence[int], Sequence[int]], nn.Module]] = {
    "none": lambda layers, sizes: nn.Identity(),
    "layers": lambda layers, sizes: fully_connected(layers[::-1]),
    "projectors": lambda layers, sizes: Projectors(layers[-1], sizes),
}


def build_decoder(name: str, layers: Sequence[int], sizes: Sequence[int]) -> nn.Module:
    """Return a decoder of `DECODERS` with random weights; the caller seeds torch."""
    return DECODERS[name](layers, sizes)
