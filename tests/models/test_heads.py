"""Heads: one hidden layer, and embeddings of one length where a student has none of its own."""

import pytest
import torch
from torch import nn

from engram.models.heads import Headed, mlp


@pytest.mark.parametrize(("embedding", "hidden", "outputs"), [(1024, 256, 7), (24, 64, 1)])
def test_a_perceptron_has_the_parameters_of_its_two_layers(embedding, hidden, outputs):
    """Counted by hand: weights and biases of the hidden layer and of the outputs."""
    head = mlp(embedding, hidden, outputs, dropout=0.2)
    expected = embedding * hidden + hidden + hidden * outputs + outputs
    assert sum(parameter.numel() for parameter in head.parameters()) == expected
    assert head(torch.zeros(3, embedding)).shape == (3, outputs)


def test_an_embedding_is_what_the_backbone_gives():
    """Without normalisation nothing is changed, and the head reads it."""
    network = Headed(nn.Flatten(), nn.Linear(12, 2))
    images = torch.rand(5, 3, 2, 2)
    assert torch.equal(network.embed(images), images.flatten(1))
    assert torch.equal(network(images), network.head(images.flatten(1)))


def test_normalised_embeddings_have_the_length_of_standardised_values():
    """Their direction stays; their length becomes the root of their size."""
    network = Headed(nn.Flatten(), nn.Identity(), normalised=True)
    images = torch.rand(5, 3, 2, 2)
    embedding = network.embed(images)
    torch.testing.assert_close(embedding.square().sum(1), torch.full((5,), 12.0))
    cosine = torch.nn.functional.cosine_similarity(embedding, images.flatten(1))
    torch.testing.assert_close(cosine, torch.ones(5))
    torch.testing.assert_close(network.embed(9 * images), embedding)
