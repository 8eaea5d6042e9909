"""Counts of spans against a slow reference, and the order in which sentences are learnt."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.config import TextRecipe
from engram.data.text.tags import TagSet
from engram.training.text.batches import TextBatches
from engram.training.text.counts import span_counts
from engram.training.text.masking import CHOSEN, measured_tokens

TAGS = TagSet(("a", "b"))


@st.composite
def sentences(draw):
    """Return ids of two well-formed tag sequences of one length."""
    length = draw(st.integers(1, 8))

    def sequence():
        ids = [draw(st.sampled_from(np.flatnonzero(TAGS.starts).tolist()))]
        while len(ids) < length:
            ids.append(draw(st.sampled_from(np.flatnonzero(TAGS.allowed[ids[-1]]).tolist())))
        return ids

    return sequence(), sequence()


@given(st.lists(sentences(), min_size=1, max_size=4))
def test_counts_are_those_of_the_spans(batch):
    """Right, gold and found spans are what sets of spans say, whatever stands behind a sentence's end."""
    width = max(len(gold) for gold, _ in batch) + 1
    gold, found = np.full((2, len(batch), width), 2)
    for row, (one, other) in enumerate(batch):
        gold[row, : len(one)], found[row, : len(other)] = one, other
    lengths = np.array([len(one) for one, _ in batch])
    for (one, other), counts in zip(batch, span_counts(gold, found, lengths).tolist(), strict=True):
        truth, answer = set(TAGS.decode(one)), set(TAGS.decode(other))
        assert counts == [len(truth & answer), len(truth), len(answer)]


class Part:
    """Sentences of so many words."""

    def __init__(self, dataset, lengths):
        self.dataset, self.lengths = dataset, np.array(lengths)

    def __len__(self):
        return len(self.lengths)


class Maker:
    """Gives the name and places in place of a batch."""

    def training(self, source, positions, generator):
        """Return them."""
        return source.part.dataset, positions.tolist()


def batches(**recipe):
    parts = [Part("large", [5] * 40), Part("small", [4] * 8)]
    sources = [SimpleNamespace(part=part, objective="tags") for part in parts]
    return TextBatches(sources, Maker(), TextRecipe(batch_size=4, epochs=6, **recipe), seed=1)


def test_mixed_epochs_have_every_sentence_once_in_one_order():
    """All batches of both texts, shuffled among each other, and another order each epoch."""
    first, second = ([*batches().epoch(number)] for number in (1, 2))
    for epoch in (first, second):
        seen = Counter((name, place) for name, places in epoch for place in places)
        assert seen == Counter([("large", n) for n in range(40)] + [("small", n) for n in range(8)])
    names = [name for name, _ in first]
    assert names != sorted(names)
    assert first != second
    assert first == [*batches().epoch(1)]


def test_turns_have_one_text_an_epoch():
    """Each epoch is one text whole; both have turns, each about half of them."""
    turns = Counter()
    for number in range(1, 61):
        epoch = [*batches(sampling="turns", labels="unified").epoch(number)]
        (name,) = {name for name, _ in epoch}
        assert len(epoch) == {"large": 10, "small": 2}[name]
        turns[name] += 1
    assert min(turns.values()) > 15


@pytest.mark.parametrize("steps", [6, 20, 31])
def test_equal_steps_are_cut_from_the_same_passes(steps):
    """The epochs have so many steps in all, and their batches are those of passes one after another."""
    cut = [batch for number in range(1, 7) for batch in batches(steps=steps).epoch(number)]
    passes = [batch for number in (1, 2, 3) for batch in batches().epoch(number)]
    assert cut == passes[:steps]


def test_hidden_words_are_a_matter_of_their_place_alone():
    """About a seventh of places, the same in any order, and others for another seed."""
    places = np.arange(100_000)
    chosen = measured_tokens(places, 1)
    assert abs(chosen.mean() - CHOSEN) < 0.01
    assert (measured_tokens(places[::-1], 1)[::-1] == chosen).all()
    assert (measured_tokens(places, 2) != chosen).any()
