"""Several multi-layer perceptrons of one shape, computed at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

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
        (M, B, hidden): the factors of dropout on the last hidden layer.
    """
    *inner, last = layers
    hidden = inputs
    for weight, bias in inner:
        hidden = torch.baddbmm(bias, hidden, weight).relu()
    if keep is not None:
        hidden = hidden * keep
    return torch.baddbmm(last[1], hidden, last[0])


class Perceptrons(nn.Module):
    """M perceptrons of given ``sizes`` (inputs, hidden layers, outputs).

    The first weights of a perceptron depend on its own seed alone. They are drawn from the distribution
    of `torch.nn.Linear`.
    """

    def __init__(self, sizes: Sequence[int], seeds: Sequence[int]) -> None:
        super().__init__()
        drawn = {seed: _draw(sizes, seed) for seed in sorted(set(seeds))}
        stacked = zip(*(drawn[seed] for seed in seeds), strict=True)
        self.values = nn.ParameterList(torch.stack(values) for values in stacked)
        """Weights (M, in, out) and biases (M, 1, out), layer after layer."""

    def forward(self, inputs: Tensor, keep: Tensor | None = None) -> Tensor:
        """Return the outputs (M, B, O) for inputs (M, B, d); ``keep`` as of `forward`."""
        return forward(_layers(list(self.values)), inputs, keep)

    def layers(self, model: int) -> list[tuple[Tensor, Tensor]]:
        """Return a copy of one perceptron's layers, as a stack of one on the CPU."""
        return _layers([value.detach()[model : model + 1].cpu().clone() for value in self.values])


def _layers(values: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
    return list(zip(values[::2], values[1::2], strict=True))


def _draw(sizes: Sequence[int], seed: int) -> list[Tensor]:
    """Return the first weights (in, out) and biases (1, out) of one perceptron, layer after layer."""
    generator = torch.Generator().manual_seed(derive_seed(seed, "head"))
    values = []
    for inputs, outputs in pairwise(sizes):
        drawn = (2 * torch.rand(inputs + 1, outputs, generator=generator) - 1) / inputs**0.5
        values += [drawn[1:], drawn[:1]]
    return values
