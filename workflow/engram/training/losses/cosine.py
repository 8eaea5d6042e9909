"""The cosine loss of a student and its teacher (Vielzeuf et al. 2019)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

__all__ = ["build", "cosine_loss"]


def cosine_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Return one minus the cosine of each student's and teacher's embedding, (B, D) to (B,).

    Equation 4 of Vielzeuf et al. (2019), printed there as a similarity.
    """
    return 1 - F.cosine_similarity(student.float(), teacher.float(), dim=1)


def build(sizes: Sequence[int]) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss, which needs no sizes of teachers."""
    return cosine_loss
