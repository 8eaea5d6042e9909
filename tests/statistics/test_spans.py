"""Spans: counts, F1 and errors against known answers and an independent, slow scorer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.statistics.spans import (
    ERRORS,
    Counts,
    counts,
    counts_by_type,
    f1,
    fates,
    macro_f1_of,
    precision,
    recall,
)

_TYPES = "abc"
_TAGS = ["O", *(f"{place}-{name}" for name in _TYPES for place in "BI")]


def _spans(tags: list[str]) -> list[tuple[str, int, int]]:
    """Read entities off the tags token by token; an I- that continues nothing opens none."""
    found: list[list] = []
    for place, tag in enumerate(tags):
        if tag[0] == "B":
            found.append([tag[2:], place, place + 1])
        elif tag[0] == "I" and found and found[-1][2] == place and found[-1][0] == tag[2:]:
            found[-1][2] += 1
    return [tuple(span) for span in found]


@st.composite
def _sentence(draw) -> tuple[list, list]:
    """Return the true and the found entities of a sentence of up to nine tokens."""
    length = draw(st.integers(1, 9))
    tags = st.lists(st.sampled_from(_TAGS), min_size=length, max_size=length)
    return _spans(draw(tags)), _spans(draw(tags))


def _slow_score(sentences: list[tuple[list, list]]) -> tuple[float, float, float]:
    """Return precision, recall and F1 from loops over all pairs of entities, as conlleval defines them."""
    right = truth = answered = 0
    for gold, found in sentences:
        for one in gold:
            truth += 1
            for other in found:
                if one[0] == other[0] and one[1] == other[1] and one[2] == other[2]:
                    right += 1
        for _ in found:
            answered += 1
    accuracy = right / answered if answered else 0.0
    completeness = right / truth if truth else 0.0
    both = accuracy + completeness
    return accuracy, completeness, 2 * accuracy * completeness / both if both else 0.0


def _sum(parts) -> Counts:
    return Counts(*(sum(numbers) for numbers in zip(Counts(), *parts, strict=True)))


def test_counts_by_hand():
    """One right, one of another type, one boundary, one missed and one spurious."""
    gold = [("gene", 0, 2), ("gene", 4, 5), ("drug", 7, 10), ("drug", 12, 13)]
    found = [("gene", 0, 2), ("drug", 4, 5), ("drug", 8, 10), ("gene", 15, 16)]
    assert counts(gold, found) == Counts(1, 4, 4)
    kinds = [(fate.kind, fate.gold, fate.found) for fate in fates(gold, found)]
    assert kinds == [
        ("right", gold[0], found[0]),
        ("type", gold[1], found[1]),
        ("boundary", gold[2], found[2]),
        ("missed", gold[3], None),
        ("spurious", None, found[3]),
    ]


def test_the_same_tokens_go_together_before_others():
    """A found entity over two true ones goes with the one of its type; the other is missed."""
    fate = {one.kind: one for one in fates([("a", 0, 2), ("b", 2, 3)], [("b", 0, 3)])}
    assert fate["boundary"].gold == ("b", 2, 3)
    assert fate["missed"].gold == ("a", 0, 2)


def test_nothing_true_and_nothing_found():
    """All ratios are 0 where there is nothing to divide by."""
    assert (precision(Counts()), recall(Counts()), f1(Counts()), macro_f1_of({})) == (0, 0, 0, 0)


def test_macro_f1_is_over_types_that_occur():
    """A type that is only found is no part of the mean; its answers count against no other type."""
    by_type = counts_by_type([([("a", 0, 1), ("b", 2, 3)], [("a", 0, 1), ("c", 5, 6)])])
    assert by_type == {"a": Counts(1, 1, 1), "b": Counts(0, 1, 0), "c": Counts(0, 0, 1)}
    assert macro_f1_of(by_type) == 0.5


@given(st.lists(_sentence(), max_size=6))
def test_scores_agree_with_a_slow_scorer(sentences):
    """Micro precision, recall and F1 over sentences are those of plain loops."""
    total = _sum(counts(*pair) for pair in sentences)
    assert (precision(total), recall(total), f1(total)) == pytest.approx(_slow_score(sentences))


@given(st.lists(_sentence(), max_size=6))
def test_types_sum_to_all(sentences):
    """The counts by type add up to those over all types."""
    assert _sum(counts_by_type(sentences).values()) == _sum(counts(*pair) for pair in sentences)


@given(_sentence())
def test_each_entity_has_one_fate(pair):
    """True and found entities occur once each, and what is said of them is true."""
    gold, found = pair
    result = fates(gold, found)
    assert sorted(fate.gold for fate in result if fate.gold) == sorted(gold)
    assert sorted(fate.found for fate in result if fate.found) == sorted(found)
    for fate in result:
        together = fate.gold and fate.found
        assert fate.kind in ("right", *ERRORS)
        assert bool(together) == (fate.kind in ("right", "boundary", "type"))
        if together:
            shared = {*range(*fate.gold[1:])} & {*range(*fate.found[1:])}
            assert shared
            assert (fate.kind == "right") == (fate.gold == fate.found)
            assert (fate.kind == "type") == (fate.gold[0] != fate.found[0])
    assert sum(fate.kind == "right" for fate in result) == counts(gold, found).right


@given(_sentence())
def test_no_pair_is_left_apart(pair):
    """What is missed touches nothing that is spurious: they would have gone together."""
    result = fates(*pair)
    for one in (fate.gold for fate in result if fate.kind == "missed"):
        for other in (fate.found for fate in result if fate.kind == "spurious"):
            assert not {*range(*one[1:])} & {*range(*other[1:])}
