"""Found entities against true ones: exact counts, what went wrong, and F1 by type.

An entity is right if a true one has its type, its first and its last token: strict, as CoNLL-2003 counts
(Tjong Kim Sang and De Meulder 2003, section 3). Spans are tuples (type, start, end), the end exclusive, such
as `engram.data.text.tags.Span`; those of one sentence do not overlap each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

__all__ = [
    "ERRORS",
    "Counts",
    "Fate",
    "Span",
    "counts",
    "counts_by_type",
    "f1",
    "fates",
    "macro_f1_of",
    "precision",
    "recall",
]

Span = tuple[str, int, int]

#: What can be wrong, each with what it means.
ERRORS = {
    "missed": "a true entity without a found one that goes with it",
    "spurious": "a found entity without a true one that goes with it",
    "boundary": "the right type, and tokens in common, but not the same tokens",
    "type": "tokens in common, but another type",
}


class Counts(NamedTuple):
    """How many entities are right, true and found; counts add up over sentences."""

    right: int = 0
    truth: int = 0
    answered: int = 0


class Fate(NamedTuple):
    """What became of a true entity, of a found one, or of a pair of both."""

    kind: str
    """``right``, or one of `ERRORS`."""
    gold: Span | None
    found: Span | None


def counts(gold: Iterable[Span], found: Iterable[Span]) -> Counts:
    """Return how many entities of a sentence are right, true and found."""
    truth, answers = _plain(gold), _plain(found)
    return Counts(len(truth & answers), len(truth), len(answers))


def counts_by_type(pairs: Iterable[tuple[Iterable[Span], Iterable[Span]]]) -> dict[str, Counts]:
    """Return the counts of each type over sentences, each a pair of true and found entities; types sorted."""
    right, truth, answered = Counter[str](), Counter[str](), Counter[str]()
    for gold, found in pairs:
        true_ones, answers = _plain(gold), _plain(found)
        for counter, spans in ((right, true_ones & answers), (truth, true_ones), (answered, answers)):
            counter.update(span[0] for span in spans)
    return {name: Counts(right[name], truth[name], answered[name]) for name in sorted({*truth, *answered})}


def precision(counted: Counts) -> float:
    """Return the fraction of found entities that are right; 0 where none is found."""
    return counted.right / counted.answered if counted.answered else 0.0


def recall(counted: Counts) -> float:
    """Return the fraction of true entities that are found; 0 where there are none."""
    return counted.right / counted.truth if counted.truth else 0.0


def f1(counted: Counts) -> float:
    """Return 2 right / (true + found), the harmonic mean of precision and recall; 0 where both are 0."""
    both = counted.truth + counted.answered
    return 2 * counted.right / both if both else 0.0


def macro_f1_of(by_type: dict[str, Counts]) -> float:
    """Return the mean F1 over the types that occur among the true entities; 0 where none does."""
    values = [f1(counted) for counted in by_type.values() if counted.truth]
    return sum(values) / len(values) if values else 0.0


def fates(gold: Sequence[Span], found: Sequence[Span]) -> list[Fate]:
    """Return what became of each true and each found entity of a sentence; each occurs exactly once.

    Equal ones are right. What is left is paired where it overlaps: first the same tokens under another type,
    then the same type, then any; within each the most tokens in common first, then from the left. What has no
    partner is missed or spurious.
    """
    true_ones, answers = sorted(gold, key=_place), sorted(found, key=_place)
    result: list[Fate] = []
    for kind, together in _PAIRING:
        for one, other in _pairs(true_ones, answers, together):
            if one in true_ones and other in answers:
                true_ones.remove(one)
                answers.remove(other)
                result.append(Fate(kind, one, other))
    result += [Fate("missed", one, None) for one in true_ones]
    result += [Fate("spurious", None, other) for other in answers]
    return sorted(result, key=lambda fate: _place(fate.gold or fate.found or ("", 0, 0)))


def _plain(spans: Iterable[Span]) -> set[Span]:
    return {(kind, start, end) for kind, start, end in spans}


def _pairs(
    gold: Sequence[Span], found: Sequence[Span], together: Callable[[Span, Span], bool]
) -> Iterator[tuple[Span, Span]]:
    """Yield the pairs that may go together, those with most tokens in common first, then from the left."""
    possible = [(one, other) for one in gold for other in found if together(one, other)]
    yield from sorted(possible, key=lambda pair: (-_shared(*pair), _place(pair[0]), _place(pair[1])))


def _shared(one: Span, other: Span) -> int:
    return min(one[2], other[2]) - max(one[1], other[1])


def _place(span: Span) -> tuple[int, int, str]:
    return span[1], span[2], span[0]


#: What two entities become that go together, in the order in which they are paired.
_PAIRING: tuple[tuple[str, Callable[[Span, Span], bool]], ...] = (
    ("right", lambda one, other: tuple(one) == tuple(other)),
    ("type", lambda one, other: one[1:] == other[1:]),
    ("boundary", lambda one, other: one[0] == other[0] and _shared(one, other) > 0),
    ("type", lambda one, other: _shared(one, other) > 0),
)
