"""What the training loop trains: a network, its loss and its score."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Task"]


class Task(nn.Module):
    """What is trained and what it minimises: the base of all training tasks.

    A task trains one network, or M networks of one shape side by side. Where it trains M, scores,
    losses and counts have the shape (M,), and each network stops and keeps its best epoch by itself.

    Parameters
    ----------
    network
        What learns.
    """

    #: What a history calls the mean score on the validation subset.
    score_name = "validation_score"
    #: Whether `torch.compile` is worth its time for this task.
    compiles = True

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *batch: Any, **named: Any) -> dict[str, Tensor]:
        """Return at least ``loss``, the scalar to minimise; of M networks the sum of their losses."""
        raise NotImplementedError

    def measure(self, *batch: Any, **named: Any) -> tuple[float | Tensor, float | Tensor]:
        """Return the batch's summed score (more is better) and its summed loss.

        The inputs are on the device, all else on the CPU.
        """
        raise NotImplementedError

    def rate_factor(self, name: str) -> float:
        """Return what the learning rate of a parameter of the network is multiplied by; usually 1."""
        return 1.0

    def count(self, *batch: Any, **named: Any) -> int | Tensor:
        """Return how many samples `measure` sums over in this batch."""
        return len(batch[1])

    #: How many sums :meth:`sums` gives.
    sum_count = 3

    def sums(self, *batch: Any) -> Tensor:
        """Return sums over a batch of what a validation score is made of: float64 (K,) or (K, M), on the CPU.

        Here the score, the loss and the number of samples; a task whose score is no mean gives other sums.
        """
        measured = *self.measure(*batch), self.count(*batch)
        return torch.stack([torch.as_tensor(each, dtype=torch.float64).cpu() for each in measured])

    def summary(self, total: Tensor) -> tuple[Tensor, Tensor]:
        """Return score and loss, float64 () or (M,), of the sums over the whole subset."""
        scores, losses, count = total
        return scores / count, losses / count

    def members(self, name: str) -> Tensor | slice:
        """Return to which of M networks the rows of a parameter's first axis belong; usually one to each."""
        return slice(None)

    def keep(self, kept: dict[str, Tensor], better: Tensor) -> None:
        """Copy into ``kept`` what the networks that are ``better``, bool () or (M,), have learnt."""
        for name, value in _learned(self.network).items():
            if name not in kept or (better.ndim == 0 and better):
                kept[name] = value.clone()
            elif better.any():
                rows = better.to(value.device)[self.members(name)]
                kept[name][rows] = value[rows]


def _learned(network: nn.Module) -> dict[str, Tensor]:
    """Return what training changes: the parameters that learn, and running statistics."""
    learning = {name: value.detach() for name, value in network.named_parameters() if value.requires_grad}
    return learning | dict(network.named_buffers())
