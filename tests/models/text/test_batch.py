"""Sentences as tensors: words, bytes, lengths, and batches of like lengths."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import TextError
from engram.models.text.batch import LONGEST, Forms, buckets, forget_singletons, sentences_of
from engram.models.text.vocabulary import FIRST, UNKNOWN, Vocabulary

_VOCABULARY = Vocabulary(("the", "gene"))
_WORDS = st.lists(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6), min_size=1, max_size=4)


def _bytes_at(batch, row, place):
    """The bytes of a word as the network sees them."""
    values = batch.characters[batch.forms[row, place]]
    return bytes((values[values > 0] - 1).tolist())


@given(_WORDS)
def test_a_batch_holds_every_word(words):
    """Every form's bytes, every id, and nothing behind a sentence's end."""
    batch = sentences_of(words, _VOCABULARY)
    assert batch.lengths.tolist() == [len(sentence) for sentence in words]
    assert (batch.characters[0] == 0).all()
    assert len(batch.characters) == len({word for sentence in words for word in sentence}) + 1
    for row, sentence in enumerate(words):
        assert [_bytes_at(batch, row, place) for place in range(len(sentence))] == [
            (word.encode() if len(word.encode()) <= LONGEST else word.encode()[:20] + word.encode()[-20:])
            for word in sentence
        ]
        assert batch.words[row, : len(sentence)].tolist() == _VOCABULARY.ids(sentence).tolist()
        assert (batch.words[row, len(sentence) :] == 0).all()
        assert (batch.forms[row, len(sentence) :] == 0).all()
    assert batch.mask.sum() == sum(map(len, words))


def test_a_batch_of_a_store_is_that_of_its_words():
    """Numbers of forms, looked up once, give the same tensors as the words themselves."""
    forms = ["The", "p53", "gene", "acid"]
    batch = Forms.from_forms(forms, _VOCABULARY).batch(
        [np.array([0, 1, 2], np.int32), np.array([2], np.int32)]
    )
    direct = sentences_of([["The", "p53", "gene"], ["gene"]], _VOCABULARY)
    for one, other in zip(batch, direct, strict=True):
        assert one is other is None or torch.equal(one, other)
    assert batch.words.tolist() == [[FIRST, UNKNOWN, FIRST + 1], [FIRST + 1, 0, 0]]


@pytest.mark.parametrize("words", [[], [["a"], []]])
def test_a_sentence_without_words_is_refused(words):
    """The store has none; whoever makes a batch of one gets a clear error."""
    with pytest.raises(TextError, match="without words"):
        sentences_of(words, _VOCABULARY)


def test_half_of_the_singletons_become_unknown():
    """And a tenth of the others, or none; nothing behind a sentence's end."""
    batch = sentences_of([["the", "gene"]] * 2000 + [["the"]], _VOCABULARY)
    rare = torch.from_numpy(_VOCABULARY.singletons({"gene": 1, "the": 5}))
    for others in (0.1, 0.0):
        found = forget_singletons(batch, rare, torch.Generator().manual_seed(0), others).words
        unknown = (found[:-1] == UNKNOWN).float().mean(0).tolist()
        assert unknown == pytest.approx([others, 0.5], abs=0.05)
        assert set(found[:-1, 1].tolist()) == {UNKNOWN, FIRST + 1}
        assert found[-1, 1] == 0


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60), st.integers(1, 8), st.integers(0, 5))
def test_buckets_take_each_sentence_once_and_pad_little(lengths, size, seed):
    """Batches are cut from the sorted lengths: no two batches overlap in length by more than an edge."""
    lengths = np.array(lengths)
    batches = buckets(lengths, size, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert max(map(len, batches)) <= size
    ranges = sorted((lengths[rows].min(), lengths[rows].max()) for rows in batches)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(ranges))


def test_buckets_differ_by_epoch_and_repeat_by_seed():
    """The same generator state gives the same batches; the next draw others."""
    lengths = np.repeat([3, 5], 20)
    rng = np.random.default_rng(1)
    first, second = buckets(lengths, 8, rng), buckets(lengths, 8, rng)
    again = buckets(lengths, 8, np.random.default_rng(1))
    assert [rows.tolist() for rows in first] == [rows.tolist() for rows in again]
    assert [rows.tolist() for rows in first] != [rows.tolist() for rows in second]


def test_a_pair_is_one_sentence_with_segments():
    """The second sentence's words have segment 1; what stands behind the end has 0."""
    table = Forms.from_forms(["the", "gene", "binds"], _VOCABULARY)
    pairs = table.pairs([np.array([0]), np.array([0, 1])], [np.array([1]), np.array([2, 2])])
    assert pairs.lengths.tolist() == [2, 4]
    assert pairs.segments.tolist() == [[0, 1, 0, 0], [0, 0, 1, 1]]
    assert torch.equal(pairs.words[1], table.batch([np.array([0, 1, 2, 2])]).words[0])
