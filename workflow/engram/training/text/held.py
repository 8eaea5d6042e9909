"""What holds a stage on text to its parent: the old heads' answers, and the Fisher information of tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from engram.models.text.batch import Sentences
from engram.models.text.vocabulary import UNKNOWN
from engram.training.losses.crf_distillation import crf_distillation_loss
from engram.training.text.making import Batch, Encoded

__all__ = ["HeldHeads", "tag_fisher"]


class HeldHeads(nn.Module):
    """Learning without forgetting (Li and Hoiem 2016): each old head's distance to the parent's, for a word.

    The distance is that of whole tag sequences, by the marginals of the parent's conditional random field.
    """

    def __init__(self, parent: Any, weight: float, temperature: float, start: int) -> None:
        super().__init__()
        self.parent = parent.eval().requires_grad_(False)
        self.weight, self.temperature, self.start = weight, temperature, start

    def forward(self, network: Any, inputs: Any) -> Tensor:
        """Return the weighted loss of a batch."""
        values = inputs.values if isinstance(inputs, Encoded) else inputs
        encoded = network.encode(values, self.start)
        with torch.no_grad():
            taught = self.parent.encode(_known_to(self.parent, values), self.start)
        losses = [
            crf_distillation_loss(
                network.head(task),
                network.head(task)(encoded),
                self.parent.head(task),
                self.parent.head(task)(taught),
                inputs.lengths,
                self.temperature,
            ).sum()
            for task in self.parent.heads
        ]
        return self.weight * torch.stack(losses).sum() / inputs.lengths.sum()


def _known_to(parent: Any, values: Any) -> Any:
    """Return sentences in which words that the parent has no embedding of are unknown."""
    if not isinstance(values, Sentences):
        return values
    new = values.words >= len(parent.vocabulary)
    return values._replace(words=values.words.masked_fill(new, UNKNOWN))


def tag_fisher(network: Any, batches: Iterable[Batch], generator: torch.Generator) -> dict[str, Tensor]:
    """Return the diagonal of the Fisher information of each parameter that learns.

    The mean over sentences of the squared gradient of log p(y | x), where the tags y are drawn from the
    network's own conditional random field: see `engram.training.losses.elastic.fisher_information`.

    Parameters
    ----------
    batches
        Of one sentence each, on the device, with where they are from.
    """
    network.eval()
    learning = {name: value for name, value in network.named_parameters() if value.requires_grad}
    total = {name: torch.zeros_like(value) for name, value in learning.items()}
    count = 0
    for inputs, _, origin in batches:
        head = network.head(origin.head)
        emissions = head(network.encode(inputs))
        drawn = head.sample(emissions.detach(), inputs.lengths, generator).to(emissions.device)
        likelihood = head.score(emissions, drawn, inputs.lengths) - head.log_partition(
            emissions, inputs.lengths
        )
        gradients = torch.autograd.grad(likelihood.sum(), list(learning.values()), allow_unused=True)
        for name, gradient in zip(learning, gradients, strict=True):
            if gradient is not None:
                total[name] += gradient.square()
        count += 1
    return {name: value / max(1, count) for name, value in total.items()}
