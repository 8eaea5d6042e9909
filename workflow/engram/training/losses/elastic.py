"""Elastic weight consolidation: weights of importance resist change (Kirkpatrick et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.models.vgg import VGG

__all__ = ["Elastic", "fisher_information"]


class Elastic(nn.Module):
    """Elastic weight consolidation: weights that mattered to the parent's task resist change.

    The penalty is weight / 2 * sum F (theta - theta*)^2, equation 3 of Kirkpatrick et al. (2017).
    """

    def __init__(self, network: VGG, fisher: dict[str, Tensor], weight: float) -> None:
        super().__init__()
        parameters = dict(network.named_parameters())
        self.fisher = fisher
        self.anchor = {name: parameters[name].detach().clone() for name in fisher}
        self.weight = weight

    def forward(self, network: VGG) -> Tensor:
        """Return the penalty of the network's present weights."""
        parameters = dict(network.named_parameters())
        terms = [
            (importance * (parameters[name] - self.anchor[name]).square()).sum()
            for name, importance in self.fisher.items()
        ]
        return self.weight / 2 * torch.stack(terms).sum()


def fisher_information(
    network: VGG, task: str, batches: Iterable[tuple[Tensor, Tensor]], generator: torch.Generator
) -> dict[str, Tensor]:
    """Return the diagonal of the Fisher information of each trainable parameter.

    The mean over faces of the squared gradient of log p(y | x), where y is drawn from the
    network's own prediction: the Fisher information itself, not its empirical stand-in,
    which takes the labels and vanishes where the network fits them (Kunstner et al. 2019).
    """
    network.eval()
    learning = {name: value for name, value in network.named_parameters() if value.requires_grad}
    total = {name: torch.zeros_like(value) for name, value in learning.items()}
    count = 0
    for images, _ in batches:
        # One face after another: per-face gradients of a whole batch would fill the memory.
        for image in images:
            logits = network(image[None], task)
            drawn = torch.multinomial(logits.detach().softmax(1).cpu(), 1, generator=generator)[0]
            loss = F.cross_entropy(logits, drawn.to(logits.device))
            gradients = torch.autograd.grad(loss, list(learning.values()), allow_unused=True)
            for name, gradient in zip(learning, gradients, strict=True):
                if gradient is not None:
                    total[name] += gradient.square()
            count += 1
    return {name: value / count for name, value in total.items()}
