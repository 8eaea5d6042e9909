"""The distance to the starting point: known values, gradient, and a slow reference."""

import pytest
import torch
from torch import nn

from engram.training.losses.elastic import Elastic
from engram.training.losses.l2_sp import StartingPoint


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def moved(network):
    with torch.no_grad():
        for number, value in enumerate(network.parameters()):
            value += 0.1 * (number + 1)
    return network


def test_it_is_zero_where_training_starts(network):
    """Nothing has moved."""
    assert StartingPoint(network, 3.0)(network).item() == 0.0


def test_it_equals_a_slow_reference(network):
    """What plain loops over numbers give."""
    start = [value.tolist() for value in nn.utils.parameters_to_vector(network.parameters())]
    penalty = StartingPoint(network, 3.0)
    now = nn.utils.parameters_to_vector(moved(network).parameters()).tolist()
    expected = 3.0 / 2 * sum((ours - theirs) ** 2 for ours, theirs in zip(now, start, strict=True))
    assert penalty(network).item() == pytest.approx(expected, rel=1e-5)


def test_its_gradient_pulls_back(network):
    """The gradient is the weight times the way that a parameter has come."""
    penalty = StartingPoint(network, 3.0)
    penalty(moved(network)).backward()
    torch.testing.assert_close(network[0].weight.grad, torch.full((4, 3), 3.0 * 0.1))


def test_it_is_elastic_weight_consolidation_of_equal_importance(network):
    """With a Fisher information of one both penalties are the same."""
    ones = {name: torch.ones_like(value) for name, value in network.named_parameters()}
    penalties = StartingPoint(network, 3.0), Elastic(network, ones, 3.0)
    moved(network)
    torch.testing.assert_close(*(penalty(network) for penalty in penalties))


def test_frozen_layers_are_left_out(network):
    """What cannot move needs no anchor."""
    network[0].requires_grad_(False)
    assert set(StartingPoint(network, 1.0).anchor) == {"2.weight", "2.bias"}
