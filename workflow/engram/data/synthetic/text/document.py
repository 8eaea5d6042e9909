"""Writes one document: what it is about, which sentences it has, and how it calls its things."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from engram.data.synthetic.text.casting import Casting
from engram.data.synthetic.text.grammar import Scribe, Sentence
from engram.data.synthetic.text.looks import Look, Story
from engram.data.synthetic.text.names import Name, Word
from engram.data.synthetic.text.stream import Stream

__all__ = ["Document", "write_document"]

#: Sentences of a document.
_FEWEST, _MOST = 4, 8
#: Of a thousand names with a short form, how many get it in brackets at first; and how many of the later
#: mentions of such a name use it.
_INTRODUCED, _SHORTENED = 750, 850
#: How often a sentence is written anew that stands in another subset already.
_TRIES = 20


@dataclass(frozen=True)
class Document:
    """A document: its name and its sentences."""

    name: str
    sentences: tuple[Sentence, ...]


def write_document(
    look: Look, name: str, stream: Stream, casting: Casting, known: Container[tuple[str, ...]] = ()
) -> Document:
    """Return a document of a look, whose things bear the names that ``casting`` gives.

    Its sentences are none of the ``known`` ones where their templates can say anything else.
    """
    story = stream.pick(look.stories)
    things = _Things(look, casting, stream)
    scribe = Scribe(_phrases(story, stream), things, stream)
    sentences = []
    for template in _plan(story, stream):
        sentence = _write(scribe, things, template, not stream.chance(look.lower), known)
        for mention in sentence.mentions:
            casting.mentioned(mention.name, mention.form)
        sentences.append(sentence)
    return Document(name, tuple(sentences))


def _write(
    scribe: Scribe, things: _Things, template: str, capital: bool, known: Container[tuple[str, ...]]
) -> Sentence:
    """Return a sentence of a template, written anew while it is a known one."""
    before = things.state
    sentence = scribe.write(template, capital)
    for _ in range(_TRIES):
        if sentence.forms not in known:
            break
        things.state = before
        sentence = scribe.write(template, capital)
    return sentence


def _phrases(story: Story, stream: Stream) -> dict[str, Sequence[str]]:
    """Return the phrases of a document: of some it keeps one throughout."""
    phrases: dict[str, Sequence[str]] = dict(story.phrases)
    for key in story.fixed:
        phrases[key] = (stream.pick(story.phrases[key]),)
    if story.themes:
        phrases |= {key: (phrase,) for key, phrase in stream.pick(story.themes).items()}
    return phrases


def _plan(story: Story, stream: Stream) -> list[str]:
    """Return the templates of a document's sentences, none twice."""
    middles = stream.between(_FEWEST, _MOST) - 3
    leads = stream.order(len(story.leads), len(story.leads))
    middle = [
        _led(story.middle[number], story.leads, leads, stream)
        for number in stream.order(middles, len(story.middle))
    ]
    if middles > 1 and stream.chance(700):
        middle[0] = stream.pick(story.method)
    return [stream.pick(story.opening), stream.pick(story.second), *middle, stream.pick(story.closing)]


def _led(template: str, phrases: Sequence[str], left: list[int], stream: Stream) -> str:
    """Return a template with one of the phrases that are left before it, or as it is."""
    if not left or template.startswith("@") or stream.chance(500):
        return template
    return f"{phrases[left.pop()]} {template}"


class _Things:
    """The things of a document: who plays which role, and whether its short form is known by now."""

    def __init__(self, look: Look, casting: Casting, stream: Stream) -> None:
        self._look = look
        self._casting = casting
        self._stream = stream
        self._cast: dict[str, Name] = {}
        self._shortened: dict[str, bool] = {}

    @property
    def state(self) -> tuple[dict[str, Name], dict[str, bool]]:
        """Who plays which role, and whose short form is known."""
        return dict(self._cast), dict(self._shortened)

    @state.setter
    def state(self, state: tuple[dict[str, Name], dict[str, bool]]) -> None:
        cast, shortened = state
        self._cast, self._shortened = dict(cast), dict(shortened)

    def mention(self, role: str) -> tuple[Name, Sequence[tuple[Word, ...]]]:
        """Return what plays ``role``, and the forms to write: a second one stands in brackets."""
        first = role not in self._cast
        if first:
            kind = role.rstrip("0123456789")
            self._cast[role] = self._casting.cast(kind, self._stream, self._cast.values())
        name = self._cast[role]
        if not name.short:
            return name, (name.full,)
        if first:
            return name, self._first(role, name)
        if self._shortened[role] and self._stream.chance(_SHORTENED):
            return name, (name.short,)
        return name, (name.full,)

    def _first(self, role: str, name: Name) -> Sequence[tuple[Word, ...]]:
        """Return the forms of a first mention, and note whether the short form may be used from now on."""
        if not name.introduced:
            self._shortened[role] = True
            return (name.full,)
        if self._stream.chance(self._look.abrupt):
            self._shortened[role] = True
            return (name.short,)
        # Notes have no brackets: who abbreviates there does so at once.
        self._shortened[role] = not self._look.abrupt and self._stream.chance(_INTRODUCED)
        return (name.full, name.short) if self._shortened[role] else (name.full,)
