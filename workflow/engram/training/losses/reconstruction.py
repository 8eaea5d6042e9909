"""The reconstruction loss of the source embeddings (Vielzeuf et al. 2019)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

__all__ = ["build", "reconstruction_loss"]


def reconstruction_loss(rebuilt: Tensor, teachers: Tensor) -> Tensor:
    """Return the mean squared error of each face's standardised embeddings, (B, T) to (B,).

    Equation 3 of Vielzeuf et al. (2019) divided by the number T of values, so that a learning
    rate does not depend on it; section 3.4 trains E_MT by it in one step.
    """
    return (rebuilt.float() - teachers.float()).square().mean(1)


def build(sizes: Sequence[int]) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss, which needs no sizes of teachers."""
    return reconstruction_loss
