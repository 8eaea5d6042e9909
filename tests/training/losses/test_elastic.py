"""Elastic weight consolidation against closed forms, and the Fisher information against torch.func."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from engram.models.vgg import VGG
from engram.training.losses.elastic import Elastic, fisher_information


@pytest.fixture
def network():
    torch.manual_seed(0)
    return VGG({"expression": 7}, width=0.02, dropout=0.0).eval()


def test_elastic_penalty_is_the_weighted_square(network):
    """A known answer: one moved weight of known importance."""
    fisher = {name: torch.full_like(p, 3.0) for name, p in network.named_parameters()}
    elastic = Elastic(network, fisher, weight=2.0)
    assert elastic(network).item() == 0.0
    with torch.no_grad():
        network.heads["expression"].bias[0] += 0.5
    torch.testing.assert_close(elastic(network), torch.tensor(2.0 / 2 * 3.0 * 0.25))


def test_fisher_information_is_the_mean_squared_gradient(network):
    """One face after another gives what torch's per-sample gradients give at once."""
    images = torch.randn(5, 1, 48, 48)
    found = fisher_information(network, "expression", [(images, None)], torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        odds = network(images, "expression").softmax(1)
    drawn = torch.cat([torch.multinomial(row[None], 1, generator=generator)[0] for row in odds])
    values = {name: value.detach() for name, value in network.named_parameters()}

    def loss(values, image, label):
        logits = torch.func.functional_call(network, values, (image[None], "expression"))
        return F.cross_entropy(logits, label[None])

    gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(values, images, drawn)
    for name, gradient in gradients.items():
        torch.testing.assert_close(found[name], gradient.square().mean(0), atol=1e-6, rtol=1e-3)


def test_fisher_information_leaves_out_frozen_layers(network):
    """What cannot move needs no anchor."""
    network.freeze(len(network.features))
    fisher = fisher_information(network, "expression", [(torch.randn(2, 1, 48, 48), None)], torch.Generator())
    assert all(not name.startswith("features") for name in fisher)
