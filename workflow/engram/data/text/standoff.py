"""Entities that are given by places in running text, turned into tags of tokens."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from engram.data.text.sentences import Sentence
from engram.data.text.tags import Span, tags_of
from engram.data.text.words import sentence_starts, token_spans

__all__ = ["Mark", "RunningText", "sentences_of"]

#: What the words of facts say.
OVERLAP = "entities left out that overlap a longer one"
EMPTY = "entities left out that hold no token"
WIDENED = "entities widened to whole tokens"
JOINED = "sentences joined by an entity"


@dataclass(frozen=True)
class Mark:
    """An entity in running text: its type, its first character and the one behind its last."""

    type: str
    start: int
    end: int


@dataclass(frozen=True)
class RunningText:
    """One file of running text."""

    name: str
    """Its place below the text's folder."""
    text: str
    document: str
    subset: str | None
    characters: bool = False
    """Whether each character is a token."""


def sentences_of(
    running: RunningText, marks: Iterable[Mark] | None, facts: Counter[str]
) -> Iterator[Sentence]:
    """Yield the sentences of a text with the tags that its entities mean.

    Where entities overlap, the longest is kept, of equals the first. An entity that begins or ends inside
    of a token takes the whole token; one that crosses the end of a sentence joins the two. ``facts``
    counts each.

    Parameters
    ----------
    marks
        The entities; None for unlabelled text.
    """
    tokens = token_spans(running.text, characters=running.characters)
    found = [] if marks is None else _chosen(running.text, marks, tokens, facts)
    lines = [0, *(place + 1 for place, character in enumerate(running.text) if character == "\n")]
    for first, last in _sentences(running.text, tokens, found, facts):
        words = [running.text[start:end] for start, end in tokens[first:last]]
        inside = [
            Span(span.type, span.start - first, span.end - first)
            for span in found
            if first <= span.start < last
        ]
        line = bisect_right(lines, tokens[first][0])
        place = f"{running.name}:{line}:{tokens[first][0] - lines[line - 1] + 1}"
        tags = None if marks is None else tags_of(inside, len(words))
        yield Sentence(place, words, tags, running.subset, running.document)


def _chosen(
    text: str, marks: Iterable[Mark], tokens: list[tuple[int, int]], facts: Counter[str]
) -> list[Span]:
    """Return the entities as spans of tokens, in order, without overlaps."""
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    spans: list[Span] = []
    for mark in marks:
        span = Span(mark.type, bisect_right(ends, mark.start), bisect_left(starts, mark.end))
        if span.start >= span.end:
            facts[EMPTY] += 1
            continue
        covered = text[mark.start : mark.end]
        begin = mark.start + len(covered) - len(covered.lstrip())
        end = mark.end - len(covered) + len(covered.rstrip())
        facts[WIDENED] += (starts[span.start], ends[span.end - 1]) != (begin, end)
        spans.append(span)
    kept: list[Span] = []
    taken: set[int] = set()
    for span in sorted(spans, key=lambda one: (one.start - one.end, one.start)):
        if taken.isdisjoint(range(span.start, span.end)):
            kept.append(span)
            taken.update(range(span.start, span.end))
        else:
            facts[OVERLAP] += 1
    return sorted(kept, key=lambda span: span.start)


def _sentences(
    text: str, tokens: list[tuple[int, int]], found: list[Span], facts: Counter[str]
) -> Iterator[tuple[int, int]]:
    """Yield the first token of each sentence and the one behind its last; none is empty."""
    starts = [start for start, _ in tokens]
    cuts = sorted({bisect_left(starts, place) for place in sentence_starts(text)} - {0, len(tokens)})
    inner = {place for span in found for place in range(span.start + 1, span.end)}
    facts[JOINED] += sum(cut in inner for cut in cuts)
    bounds = [0, *(cut for cut in cuts if cut not in inner), len(tokens)]
    yield from ((first, last) for first, last in pairwise(bounds) if first < last)
