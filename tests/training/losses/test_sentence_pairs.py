"""Pairs of sentences: half of them follow, the others are of another document."""

import math

import numpy as np
import torch

from engram.training.losses.sentence_pairs import draw_pairs, sentence_pairs_loss

_DOCUMENTS = np.array(["b", "a", "a", "b", "a", "c"])
_PLACES = np.array([1, 0, 1, 0, 3, 0])


def test_pairs_are_next_sentences_or_of_other_documents():
    """Place 3 of document a follows nothing: place 2 is missing; c has one sentence only."""
    for seed in range(20):
        first, second, follows = draw_pairs(_DOCUMENTS, _PLACES, np.random.default_rng(seed))
        assert sorted(first) == [1, 3]
        assert follows.sum() == 1
        for one, other, next_one in zip(first, second, follows, strict=True):
            if next_one:
                assert (one, other) in {(1, 2), (3, 0)}
            else:
                assert _DOCUMENTS[one] != _DOCUMENTS[other]


def test_a_document_alone_has_only_true_pairs():
    """There is no other to draw from."""
    pairs = draw_pairs(np.array(["a"] * 3), np.arange(3), np.random.default_rng(0))
    assert pairs.follows.all()
    assert pairs.second.tolist() == [1, 2]


def test_the_loss_is_a_cross_entropy():
    """Of two classes: even scores cost log 2."""
    losses = sentence_pairs_loss(torch.tensor([[0.0, 0.0], [0.0, 3.0]]), torch.tensor([1, 0]))
    torch.testing.assert_close(losses, torch.tensor([math.log(2), math.log(1 + math.exp(3))]))
