"""Annotates documents: what is marked of what is there, by the guidelines of a set and with its errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engram.data.synthetic.text.grammar import Sentence
from engram.data.synthetic.text.stream import Stream
from engram.data.text.tags import Span, tags_of

__all__ = ["Guidelines", "annotate", "annotate_tokens", "exactly"]


@dataclass(frozen=True)
class Guidelines:
    """What is marked: the types; and in thousandths how often with a noun, not at all, or wrongly."""

    types: tuple[str, ...]
    with_noun: int = 0
    """Of names with a noun behind, how many are marked with it."""
    unmarked: int = 0
    """Of all names, how many are left out."""
    wrong: int = 0
    """Of the marked names, how many are marked wrongly."""


def exactly(stream: Stream, per_mille: int, count: int) -> set[int]:
    """Return which of ``count`` things belong to a share: as many of them as come nearest to it."""
    return set(stream.order((count * per_mille + 500) // 1000, count))


def annotate(sentences: Sequence[Sentence], guidelines: Guidelines, stream: Stream) -> list[list[str]]:
    """Return the tags (IOB2) of each sentence's words."""
    spans = [_marked(sentence, guidelines.types) for sentence in sentences]
    _include_nouns(sentences, spans, guidelines, stream)
    _leave_out(spans, guidelines.unmarked, stream)
    _mark_wrongly(sentences, spans, guidelines, stream)
    return [
        tags_of([span for span in found if span is not None], len(sentence.words))
        for sentence, found in zip(sentences, spans, strict=True)
    ]


def annotate_tokens(sentences: Sequence[Sentence], wrong: int, stream: Stream) -> list[list[str]]:
    """Return the part of speech of each sentence's words, some of them wrong."""
    tags = [[tag for _, tag in sentence.words] for sentence in sentences]
    classes = sorted({tag for found in tags for tag in found})
    places = [(row, place) for row, found in enumerate(tags) for place in range(len(found))]
    for number in sorted(exactly(stream, wrong, len(places))):
        row, place = places[number]
        tags[row][place] = stream.pick([tag for tag in classes if tag != tags[row][place]])
    return tags


#: Of a sentence, a span for each mention; None for what is not marked.
_Spans = list[Span | None]


def _marked(sentence: Sentence, types: tuple[str, ...]) -> _Spans:
    return [
        Span(mention.name.type, mention.start, mention.end) if mention.name.type in types else None
        for mention in sentence.mentions
    ]


def _places(spans: list[_Spans]) -> list[tuple[int, int]]:
    """Return row and number of what is marked, in order."""
    return [
        (row, number)
        for row, found in enumerate(spans)
        for number, span in enumerate(found)
        if span is not None
    ]


def _include_nouns(
    sentences: Sequence[Sentence], spans: list[_Spans], guidelines: Guidelines, stream: Stream
) -> None:
    places = [(row, number) for row, number in _places(spans) if sentences[row].mentions[number].noun]
    for chosen in exactly(stream, guidelines.with_noun, len(places)):
        row, number = places[chosen]
        span = spans[row][number]
        spans[row][number] = span._replace(end=span.end + 1) if span else None


def _leave_out(spans: list[_Spans], unmarked: int, stream: Stream) -> None:
    places = _places(spans)
    for chosen in exactly(stream, unmarked, len(places)):
        row, number = places[chosen]
        spans[row][number] = None


def _mark_wrongly(
    sentences: Sequence[Sentence], spans: list[_Spans], guidelines: Guidelines, stream: Stream
) -> None:
    places = _places(spans)
    for chosen in sorted(exactly(stream, guidelines.wrong, len(places))):
        row, number = places[chosen]
        errors = _errors(sentences[row], spans[row], number, guidelines.types)
        spans[row][number] = stream.pick(errors)


def _errors(sentence: Sentence, spans: _Spans, number: int, types: tuple[str, ...]) -> _Spans:
    """Return the wrong spans that may stand in place of one: a word too few or too many, or another type."""
    span = spans[number]
    assert span is not None
    others = [other for place, other in enumerate(spans) if other is not None and place != number]
    used = {place for other in others for place in range(other.start, other.end)}
    moved: _Spans = [Span(other, span.start, span.end) for other in types if other != span.type]
    if span.end - span.start > 1:
        moved += [span._replace(start=span.start + 1), span._replace(end=span.end - 1)]
    for place, widened in (
        (span.start - 1, span._replace(start=span.start - 1)),
        (span.end, span._replace(end=span.end + 1)),
    ):
        # No annotator marks a comma or a full stop along.
        if 0 <= place < len(sentence.words) and place not in used and sentence.words[place][0].isalnum():
            moved.append(widened)
    # A sentence of one marked word alone has no other error than that it is missed.
    return moved or [None]
