"""What stands on a student while it learns: it rebuilds the sources' embeddings from the student's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engram.models.heads import Headed

__all__ = ["Projectors", "StudentWithDecoder"]


class Projectors(nn.Module):
    """One small perceptron a teacher: embeddings (N, D) to all teachers' embeddings (N, sum of sizes).

    The expendable projectors of UNIC (Sariyildiz et al. 2024), which has one behind each block of
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
    """A student and what reads its embedding in training; only the student is kept."""

    def __init__(self, student: Headed, decoder: nn.Module) -> None:
        super().__init__()
        self.student, self.decoder = student, decoder

    def forward(self, images: Tensor) -> Tensor:
        """Return what the decoder makes of the embeddings of images (N, C, H, W)."""
        return self.decoder(self.student.embed(images))
