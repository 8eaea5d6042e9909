"""Losses to several teachers, and teacher dropping (UNIC, Sariyildiz et al. 2024)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

__all__ = ["build", "keep_teachers", "teacher_losses"]

#: Keeps a cosine finite where an embedding is zero.
_TINY = 1e-16


def teacher_losses(rebuilt: Tensor, teachers: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return each face's loss to each teacher, (B, sum of sizes) to (B, teachers).

    The mean of one minus the cosine and of the smooth L1 distance, itself the mean over the
    teacher's values: the loss of UNIC (Sariyildiz, Weinzaepfel, Lucas, Larlus and Kalantidis,
    ECCV 2024) with its equal weights.
    """
    ours, theirs = rebuilt.float(), teachers.float()
    distances = F.smooth_l1_loss(ours, theirs, reduction="none")
    # All at once, then a mean a teacher: teacher by teacher the same takes three times as long.
    parts = torch.stack([ours * theirs, ours.square(), theirs.square(), distances]).split(sizes, 2)
    product, one, other, distance = torch.stack([part.mean(2) for part in parts], dim=2)
    cosine = product / (one * other).clamp_min(_TINY).sqrt()
    return (1 - cosine + distance) / 2


def keep_teachers(losses: Tensor, chance: float) -> Tensor:
    """Return which teachers each face learns from in this step, (B, teachers) bool.

    Teacher dropping of UNIC: a face's teacher of the largest loss always stays, each other is
    dropped with ``chance``. It draws from torch's own generator.
    """
    largest = losses == losses.amax(1, keepdim=True)
    return largest | (torch.rand_like(losses) >= chance)


def build(sizes: Sequence[int]) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss to teachers of these sizes."""
    return partial(teacher_losses, sizes=sizes)
