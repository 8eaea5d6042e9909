"""Distance of a tagger's head to a teacher's: of whole tag sequences, or token by token."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

from engram.models.text.crf import Crf

__all__ = ["crf_distillation_loss", "emission_distillation_loss"]


def crf_distillation_loss(
    head: Crf,
    emissions: Tensor,
    teacher: Crf,
    teacher_emissions: Tensor,
    lengths: Tensor,
    temperature: float = 1.0,
) -> Tensor:
    """Return the cross-entropy (B,) of the teacher's tag sequences under the student, times T squared.

    Exact, over all tag sequences, by the teacher's marginals of tags and of pairs: structural distillation
    (Wang et al. 2020, "Structural knowledge distillation", section 3.1). Both fields' scores are divided by
    the temperature T, as in `engram.training.losses.distillation`. Emissions are (B, L, I).
    """
    with torch.no_grad():
        expected = teacher.marginals(teacher_emissions, lengths, temperature)
    mean = head.expected_score(emissions, expected, temperature)
    return (head.log_partition(emissions, lengths, temperature) - mean) * temperature**2


def emission_distillation_loss(
    emissions: Tensor, teacher_emissions: Tensor, lengths: Tensor, temperature: float = 1.0
) -> Tensor:
    """Return the cross-entropy of softened emissions (B, L, I), summed over words, times T squared, (B,).

    Learning without forgetting (Li and Hoiem 2016) token by token: transitions are not held.
    """
    target = F.softmax(teacher_emissions / temperature, dim=2)
    losses = F.cross_entropy((emissions / temperature).mT, target.mT, reduction="none") * temperature**2
    mask = torch.arange(losses.shape[1], device=losses.device) < lengths[:, None]
    return losses.masked_fill(~mask, 0).sum(1)
