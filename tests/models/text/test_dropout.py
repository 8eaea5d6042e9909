"""Dropout by value and by sentence."""

import pytest
import torch

from engram.models.text.dropout import Dropout, SentenceDropout


def test_a_value_is_dropped_throughout_its_sentence():
    """A quarter of the values of each sentence, others in each; the rest is scaled to the same mean."""
    torch.manual_seed(0)
    layer = SentenceDropout(0.25)
    found = layer(torch.ones(50, 4, 100))
    assert torch.equal(found, found[:, :1].expand(-1, 4, -1))
    torch.testing.assert_close(found.unique(), torch.tensor([0, 1 / 0.75]))
    assert abs(found.mean().item() - 1) < 0.03
    assert not torch.equal(found[0], found[1])


def test_nothing_is_dropped_in_evaluation():
    """Nor with a probability of 0."""
    values = torch.randn(2, 3, 4)
    for kind in (Dropout, SentenceDropout):
        assert torch.equal(kind(0.5).eval()(values), values)
        assert torch.equal(kind(0.0)(values), values)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_single_values_are_dropped_with_their_probability(p):
    """Within five standard errors, at each of the four places that share a draw, and not together."""
    torch.manual_seed(0)
    found = Dropout(p)(torch.ones(250_001))
    torch.testing.assert_close(found.unique(), torch.tensor([0, 1 / (1 - p)]), rtol=1e-3, atol=0)
    dropped = (found == 0)[:-1].view(-1, 4).double()
    assert (dropped.mean(0) - p).abs().max() < 5 * (p * (1 - p) / len(dropped)) ** 0.5
    assert (torch.corrcoef(dropped.T) - torch.eye(4)).abs().max() < 5 / len(dropped) ** 0.5


def test_what_is_dropped_has_no_gradient():
    """The gradient is the scale of what stays; other seeds drop others."""
    torch.manual_seed(0)
    values = torch.ones(3, 5, 7, requires_grad=True)
    layer = Dropout(0.5)
    found = layer(values)
    found.sum().backward()
    assert torch.equal(values.grad, found.detach())
    assert not torch.equal(layer(values), found)
