"""What a stage minimises: cross-entropy, and what may keep it from forgetting its parent."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.models.vgg import VGG
from engram.training.loop import Task

__all__ = ["ClassificationTask", "Distillation", "Elastic", "distillation_loss", "fisher_information"]


def distillation_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return the cross-entropy of two softened outputs, times the squared temperature.

    ``student`` and ``teacher`` are logits (B, classes). Equation 4 of Hinton et al. (2015) in
    the form that learning without forgetting uses (Li and Hoiem 2016, equation 2); the factor
    keeps its gradient's size independent of the temperature.
    """
    target = F.softmax(teacher / temperature, dim=1)
    return F.cross_entropy(student / temperature, target) * temperature**2


class Distillation(nn.Module):
    """Distance of every head that the parent had to the parent's own outputs on the same faces."""

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


class ClassificationTask(Task):
    """A training task: its forward returns a dict with the ``loss`` to minimise."""

    def __init__(
        self,
        network: VGG,
        task: str,
        start: int = 0,
        distillation: Distillation | None = None,
        elastic: Elastic | None = None,
    ) -> None:
        super().__init__(network)
        self.task, self.start = task, start
        self.distillation, self.elastic = distillation, elastic

    def forward(self, inputs: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return ``loss`` (scalar) and ``logits`` (B, classes) for images or cached features."""
        embedding = self.network.embed(inputs, self.start)
        logits = self.network.heads[self.task](embedding)
        loss = F.cross_entropy(logits.float(), labels)
        if self.distillation is not None:
            loss = loss + self.distillation(self.network, embedding, inputs)
        if self.elastic is not None:
            loss = loss + self.elastic(self.network)
        return {"loss": loss, "logits": logits}

    score_name = "validation_accuracy"

    def measure(self, inputs: Tensor, labels: Tensor) -> tuple[float, float]:
        """Return the number of right answers and the summed cross-entropy of a batch, labels on the CPU."""
        logits = self.network(inputs, self.task, self.start).float().cpu()
        right = int((logits.argmax(1) == labels).sum())
        return right, float(F.cross_entropy(logits, labels, reduction="sum"))
