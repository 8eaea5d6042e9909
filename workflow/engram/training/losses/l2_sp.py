"""L2-SP: the weights are held to where they start from (Li, Grandvalet and Davoine 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["StartingPoint"]


class StartingPoint(nn.Module):
    """Squared distance of the weights to the starting point, which is the parent.

    The penalty is weight / 2 * sum (theta - theta*)^2 over all parameters that learn: the first term of
    equation 2 of Li, Grandvalet and Davoine (ICML 2018). It is elastic weight consolidation with a Fisher
    information of one. The equation's second term decays new layers; here source and target share the head,
    and a head that is new is held to its random start.

    Parameters
    ----------
    network
        At its starting point; its parameters of any shape.
    weight
        The paper's alpha.
    """

    def __init__(self, network: nn.Module, weight: float) -> None:
        super().__init__()
        learning = ((name, value) for name, value in network.named_parameters() if value.requires_grad)
        self.anchor = {name: value.detach().clone() for name, value in learning}
        self.weight = weight

    def forward(self, network: nn.Module) -> Tensor:
        """Return the penalty of the network's present weights, a scalar."""
        parameters = dict(network.named_parameters())
        terms = [(parameters[name] - start).square().sum() for name, start in self.anchor.items()]
        return self.weight / 2 * torch.stack(terms).sum()
