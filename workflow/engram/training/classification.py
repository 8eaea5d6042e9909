"""The training task of a stage: cross-entropy, and terms against forgetting."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

from engram.models.vgg import VGG
from engram.training.losses.distillation import Distillation
from engram.training.losses.elastic import Elastic
from engram.training.losses.l2_sp import StartingPoint
from engram.training.objective import Task

__all__ = ["ClassificationTask"]


class ClassificationTask(Task):
    """A training task: its forward returns a dict with the ``loss`` to minimise."""

    def __init__(
        self,
        network: VGG,
        task: str,
        start: int = 0,
        distillation: Distillation | None = None,
        elastic: Elastic | None = None,
        starting_point: StartingPoint | None = None,
    ) -> None:
        super().__init__(network)
        self.network: VGG = network
        self.task, self.start = task, start
        self.distillation, self.elastic, self.starting_point = distillation, elastic, starting_point

    def forward(self, inputs: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return ``loss`` (scalar) and ``logits`` (B, classes) for images or cached features."""
        embedding = self.network.embed(inputs, self.start)
        logits = self.network.heads[self.task](embedding)
        loss = F.cross_entropy(logits.float(), labels)
        if self.distillation is not None:
            loss = loss + self.distillation(self.network, embedding, inputs)
        if self.elastic is not None:
            loss = loss + self.elastic(self.network)
        if self.starting_point is not None:
            loss = loss + self.starting_point(self.network)
        return {"loss": loss, "logits": logits}

    score_name = "validation_accuracy"

    def measure(self, inputs: Tensor, labels: Tensor) -> tuple[float, float]:
        """Return the number of right answers and the summed cross-entropy of a batch, labels on the CPU."""
        logits = self.network(inputs, self.task, self.start).float().cpu()
        right = int((logits.argmax(1) == labels).sum())
        return right, float(F.cross_entropy(logits, labels, reduction="sum"))
