"""Architectures by name: each makes embeddings, and each is another network."""

import pytest
import torch

from engram.models.architectures import ARCHITECTURES, build_backbone


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(("channels", "size"), [(1, 16), (3, 48)])
def test_every_architecture_makes_embeddings(name, channels, size):
    """Whatever channels and size, a face gives one embedding of the size asked for."""
    network = build_backbone(name, embedding=7, width=4, channels=channels).eval()
    assert network(torch.rand(3, channels, size, size)).shape == (3, 7)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_parameter_takes_part(name):
    """No layer is left out of the embedding: each parameter gets a gradient."""
    torch.manual_seed(0)
    network = build_backbone(name, embedding=7, width=4, channels=3)
    network(torch.rand(4, 3, 48, 48)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_architectures_differ_in_size():
    """As real encoders do, each has its own number of parameters."""
    sizes = {
        sum(
            parameter.numel()
            for parameter in build_backbone(name, embedding=16, width=8, channels=3).parameters()
        )
        for name in ARCHITECTURES
    }
    assert len(sizes) == len(ARCHITECTURES)
