"""Learning without forgetting: distance to the parent's own outputs (Li and Hoiem 2016).

Two things differ from the paper and from other libraries. The loss has the factor T^2 of Hinton et al.
(2015), which Li and Hoiem leave out: their weight is ours times T^2. And data sets of the same classes share
a single head, so the head that learns the target's labels is the one that is held; the paper has a head a
task. docs/other-libraries.md converts weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.models.vgg import VGG

__all__ = ["Distillation", "distillation_loss"]


def distillation_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return the cross-entropy of two softened outputs, times the squared temperature.

    ``student`` and ``teacher`` are logits (B, classes). Equation 4 of Hinton et al. (2015) in
    the form that learning without forgetting uses (Li and Hoiem 2016, equation 2); the factor
    keeps its gradient's size independent of the temperature.
    """
    target = F.softmax(teacher / temperature, dim=1)
    return F.cross_entropy(student / temperature, target) * temperature**2


class Distillation(nn.Module):
    """Distance of every head that the parent had to the parent's own outputs on the same faces.

    Of a stage with the parent's label set this is the one head that also learns the target.
    """

    def __init__(self, parent: VGG, weight: float, temperature: float, start: int) -> None:
        super().__init__()
        self.parent = parent.eval().requires_grad_(False)
        self.weight, self.temperature, self.start = weight, temperature, start

    def forward(self, network: VGG, embedding: Tensor, inputs: Tensor) -> Tensor:
        """Return the weighted loss for embeddings (B, D) of ``inputs``."""
        with torch.no_grad():
            taught = self.parent.embed(inputs, self.start)
        losses = [
            distillation_loss(network.heads[task](embedding), head(taught), self.temperature)
            for task, head in self.parent.heads.items()
        ]
        return self.weight * torch.stack(losses).sum()
