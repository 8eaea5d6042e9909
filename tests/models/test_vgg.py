"""The simplified VGG: its size, its shapes, its frozen parts."""

import pytest
import torch

from engram.models.vgg import VGG


def test_the_published_network_has_its_parameters():
    """The layers give 19,291,207 parameters, which the paper rounds to 19.2 M."""
    network = VGG({"expression": 7})
    assert sum(parameter.numel() for parameter in network.parameters()) == 19_291_207


def test_an_eighth_of_the_width_is_the_same_network():
    """The demonstration's network differs in channels and units only."""
    small, full = VGG({"expression": 7}, width=0.125), VGG({"expression": 7})
    assert [type(m) for m in small.modules()] == [type(m) for m in full.modules()]


@pytest.mark.parametrize("layers", ["all", "classifier", "classifier+conv"])
def test_prefix_and_rest_are_the_whole(layers):
    """Cached features of the frozen layers lead to the same output."""
    network = VGG({"expression": 7}, width=0.0625).eval()
    images = torch.randn(3, 1, 48, 48)
    depth = network.frozen_depth(layers)
    torch.testing.assert_close(
        network(network.prefix(images, depth), "expression", depth), network(images, "expression")
    )


@pytest.mark.parametrize(("layers", "learning"), [("all", 5), ("classifier+conv", 1), ("classifier", 0)])
def test_freezing_leaves_the_convolutions_that_a_strategy_trains(layers, learning):
    """FC trains no convolution, FC+CL the last, RE all five; all train every linear layer."""
    network = VGG({"expression": 7}, width=0.0625)
    network.freeze(network.frozen_depth(layers))
    kinds = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d) and m.weight.requires_grad]
    assert len(kinds) == learning
    assert all(m.weight.requires_grad for m in network.modules() if isinstance(m, torch.nn.Linear))


def test_a_new_head_leaves_the_old_one_as_it_is():
    """What an earlier level learnt can still be asked for."""
    network = VGG({"age_group": 4}, width=0.0625)
    before = network.heads["age_group"].weight.clone()
    network.add_head("expression", 7)
    network.add_head("age_group", 4)
    assert network.tasks == {"age_group": 4, "expression": 7}
    assert torch.equal(network.heads["age_group"].weight, before)
