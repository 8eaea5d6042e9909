"""Several multi-layer perceptrons of one shape, computed at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from engram.core.seeds import derive_seed

__all__ = ["Perceptrons", "forward"]


def forward(layers: Sequence[tuple[Tensor, Tensor]], inputs: Tensor, keep: Tensor | None = None) -> Tensor:
    """Return the outputs (M, B, O) of M perceptrons for inputs (M, B, d).

    Linear, ReLU, ..., dropout, linear: `engram.models.heads.mlp`, with one hidden layer or more.

    Parameters
    ----------
    layers
        Weights (M, in, out) and biases (M, 1, out).
    keep
        (M, B, hidden): what dropout multiplies the last hidden layer by.
    """
    *inner, last = layers
    hidden = inputs
    for weight, bias in inner:
        hidden = torch.baddbmm(bias, hidden, weight).relu()
    if keep is not None:
        hidden = hidden * keep
    return torch.baddbmm(last[1], hidden, last[0])


class Perceptrons:
    """M perceptrons of given ``sizes`` (inputs, hidden layers, outputs).

    A model's first weights depend on its own seed alone, and are drawn as `torch.nn.Linear` draws.
    """

    def __init__(self, sizes: Sequence[int], seeds: Sequence[int], device: torch.device) -> None:
        drawn = {seed: _draw(sizes, seed) for seed in sorted(set(seeds))}
        models = [drawn[seed] for seed in seeds]
        self.parameters = [torch.stack(values).to(device) for values in zip(*models, strict=True)]
        for parameter in self.parameters:
            parameter.requires_grad_()

    def __call__(self, inputs: Tensor, keep: Tensor | None = None) -> Tensor:
        """Return the outputs (M, B, O) for inputs (M, B, d)."""
        return forward(_layers(self.parameters), inputs, keep)

    def copy(self) -> list[Tensor]:
        """Return a copy of all weights."""
        return [parameter.detach().clone() for parameter in self.parameters]

    def copy_models(self, chosen: Tensor, into: list[Tensor]) -> None:
        """Copy the weights of the ``chosen`` models, (M,) bool, into what :meth:`copy` gave."""
        for kept, parameter in zip(into, self.parameters, strict=True):
            kept[chosen] = parameter.detach()[chosen]

    @staticmethod
    def one(copied: list[Tensor], model: int) -> list[tuple[Tensor, Tensor]]:
        """Return the layers of one model, as a stack of one on the CPU."""
        return _layers([value[model : model + 1].cpu().clone() for value in copied])


def _layers(values: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
    return list(zip(values[::2], values[1::2], strict=True))


def _draw(sizes: Sequence[int], seed: int) -> list[Tensor]:
    """Return a model's first weights (in, out) and biases (1, out), layer after layer."""
    generator = torch.Generator().manual_seed(derive_seed(seed, "head"))
    values = []
    for inputs, outputs in pairwise(sizes):
        drawn = (2 * torch.rand(inputs + 1, outputs, generator=generator) - 1) / inputs**0.5
        values += [drawn[1:], drawn[:1]]
    return values
