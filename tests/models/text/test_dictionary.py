"""Dictionary features: worked examples, and matching against a slow search."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engram.models.text.dictionary import Dictionary, feature_count

_TYPES = ("disease", "gene")
_BOOK = Dictionary(
    {("Breast", "cancer"): "disease", ("cancer", "gene", "1"): "gene", ("p53",): ("gene", "disease")}, _TYPES
)


def test_the_longest_names_are_taken_from_both_sides():
    """'breast cancer gene 1': from the left 3 parts, from the right 2; the fewer win."""
    assert _BOOK.matches(["breast", "cancer", "gene", "1"]) == [(0, 1), (1, 4)]
    assert _BOOK.matches(["breast", "cancer", "gene"]) == [(0, 2), (2, 3)]


def test_types_of_matches_with_and_without_places():
    """P53 is of both types, a match of one token; a token outside of matches has no feature."""
    tokens = ["P53", "in", "Breast", "Cancer"]
    assert _BOOK.features(tokens, "piet").tolist() == [[1, 1], [0, 0], [1, 0], [1, 0]]
    found = _BOOK.features(tokens, "pdet").reshape(4, 4, 2)
    assert np.argwhere(found).tolist() == [[0, 3, 0], [0, 3, 1], [2, 0, 0], [3, 2, 0]]


def test_ngrams_mark_where_a_name_begins_and_ends():
    """The names of 2 and 3 tokens that overlap are both seen; that of one token is no n-gram."""
    found = _BOOK.features(["breast", "cancer", "gene", "1"], "ngram").reshape(4, 2, 4, 2)
    assert np.argwhere(found).tolist() == [[0, 0, 0, 0], [1, 0, 1, 1], [1, 1, 0, 0], [3, 1, 1, 1]]


def test_the_number_of_features_is_known_before():
    """The network is built by it."""
    for scheme in ("ngram", "piet", "pdet"):
        assert _BOOK.features(["p53", "x"], scheme).shape == (2, feature_count(2, scheme))


def test_an_empty_dictionary_has_only_zeros():
    """Types that the features do not have are left out."""
    empty = Dictionary({("a", "b"): "other"}, _TYPES)
    assert len(empty) == 0
    assert not empty.features(["a", "b"], "piet").any()


@given(
    st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=3), max_size=4),
    st.lists(st.sampled_from("abc"), max_size=7),
)
def test_a_cut_is_greedy_and_whole(names, tokens):
    """It covers the sentence in order, with names or single tokens, as one of two plain greedy loops does."""
    book = Dictionary({tuple(name): "gene" for name in names}, _TYPES)
    cut = book.matches(tokens)
    assert list(itertools.chain.from_iterable(range(*part) for part in cut)) == list(range(len(tokens)))
    known = {tuple(name) for name in names}
    left, rest = [], list(tokens)
    while rest:
        size = max((n for n in range(1, len(rest) + 1) if tuple(rest[:n]) in known), default=1)
        left.append(size)
        rest = rest[size:]
    right, rest = [], list(tokens)
    while rest:
        size = max((n for n in range(1, len(rest) + 1) if tuple(rest[-n:]) in known), default=1)
        right.insert(0, size)
        rest = rest[:-size]
    sizes = [end - start for start, end in cut]
    assert sizes in (left, right)
    assert len(sizes) == min(len(left), len(right))
