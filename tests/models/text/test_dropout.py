"""Dropout by sentence."""

import torch

from engram.models.text.dropout import SentenceDropout


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
    assert torch.equal(SentenceDropout(0.5).eval()(values), values)
    assert torch.equal(SentenceDropout(0.0)(values), values)
