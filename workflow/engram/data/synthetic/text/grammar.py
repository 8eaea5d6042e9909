"""A small grammar: templates that become sentences of tagged words with the entities in them.

A template is a line of items between blanks:

- ``word`` has the part of speech that the lexicon says, ``word/VBN`` the one given;
- ``{one|two words|}`` is one of these at random, the last is nothing; braces may nest;
- ``@word`` is a line of the lists of phrases, ``@word/VBD`` the same with that part of speech;
- ``$gene1`` names the document's first gene, in the form that its place in the document asks for;
- ``~gene`` is a noun that may belong to the name before it: guidelines differ on that;
- ``#n`` is a number, of the kinds in ``numbers.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

from engram.core.errors import TextError
from engram.data.synthetic.text.lexicon import TAGS, settle_tags
from engram.data.synthetic.text.names import Name, Word
from engram.data.synthetic.text.numbers import draw_number
from engram.data.synthetic.text.stream import Stream

__all__ = ["Mention", "Scribe", "Sentence", "Speaker"]

_CHOICE = re.compile(r"\{([^{}]*)\}")
#: Of acronyms, the letters whose names begin with a vowel.
_VOWEL_LETTERS = "AEFHILMNORSX"
_CONSONANT_SOUNDS = ("uni", "use", "eu", "one")


@dataclass(frozen=True)
class Mention:
    """Where a sentence names a thing: its words from ``start`` to before ``end``."""

    name: Name
    start: int
    end: int
    form: str
    """What is written, but for a capital at the beginning of the sentence."""
    noun: bool = False
    """Whether the word at ``end`` is a noun that some guidelines count to the name."""


@dataclass
class Sentence:
    """Words with their parts of speech, and the mentions among them, in order."""

    words: list[Word] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)

    @property
    def forms(self) -> tuple[str, ...]:
        """The words as they are written."""
        return tuple(form for form, _ in self.words)


class Speaker(Protocol):
    """Says how a document calls its things."""

    def mention(self, role: str) -> tuple[Name, Sequence[tuple[Word, ...]]]:
        """Return what plays ``role``, and the forms to write: a second one stands in brackets."""
        ...


class Scribe:
    """Writes the sentences of a document from templates."""

    def __init__(self, phrases: Mapping[str, Sequence[str]], speaker: Speaker, stream: Stream) -> None:
        self._phrases = phrases
        self._speaker = speaker
        self._stream = stream

    def write(self, template: str, capital: bool = True) -> Sentence:
        """Return one sentence of a template."""
        sentence = Sentence()
        self._expand(template, None, sentence)
        _fix_articles(sentence.words)
        settle_tags(sentence.words)
        if capital:
            form, tag = sentence.words[0]
            if form.islower() and not any(map(str.isdigit, form)):
                sentence.words[0] = (form[0].upper() + form[1:], tag)
        return sentence

    def _expand(self, template: str, tag: str | None, sentence: Sentence) -> None:
        for item in self._choose(template).split():
            _WRITERS.get(item[0], Scribe._word)(self, item, tag, sentence)

    def _choose(self, template: str) -> str:
        """Return the template with one alternative of each pair of braces, the inner ones first."""
        while match := _CHOICE.search(template):
            chosen = self._stream.pick(match[1].split("|"))
            template = template[: match.start()] + chosen + template[match.end() :]
        return template

    def _word(self, item: str, tag: str | None, sentence: Sentence) -> None:
        form, _, given = item.rpartition("/") if re.search(r"/[A-Z$]+$", item) else (item, "", "")
        sentence.words.append((form, given or tag or _tag(form)))

    def _phrase(self, item: str, tag: str | None, sentence: Sentence) -> None:
        key, _, given = item[1:].partition("/")
        self._expand(self._stream.pick(self._phrases[key]), given or tag, sentence)

    def _name(self, item: str, tag: str | None, sentence: Sentence) -> None:
        name, forms = self._speaker.mention(item[1:])
        for place, form in enumerate(forms):
            if place:
                sentence.words.append(("(", "("))
            start = len(sentence.words)
            sentence.words.extend(form)
            text = " ".join(written for written, _ in form)
            sentence.mentions.append(Mention(name, start, len(sentence.words), text))
            if place:
                sentence.words.append((")", ")"))

    def _noun(self, item: str, tag: str | None, sentence: Sentence) -> None:
        """Write a noun behind a name, if the name does not end in such a noun already."""
        noun = item[1:]
        mention = sentence.mentions[-1]
        heads = {form for form, _ in sentence.words[mention.start : mention.end]} & _HEADS
        if noun == sentence.words[-1][0] or (heads and noun in _HEADS):
            return
        if mention.end == len(sentence.words):
            sentence.mentions[-1] = replace(mention, noun=True)
        sentence.words.append((noun, _tag(noun)))

    def _number(self, item: str, tag: str | None, sentence: Sentence) -> None:
        sentence.words.extend(draw_number(item[1:], self._stream))


def _tag(form: str) -> str:
    try:
        return TAGS[form.lower()]
    except KeyError:
        raise TextError(
            f"A look writes '{form}', whose part of speech is not known. Write it as '{form}/NN' or with "
            "another tag, or add it to lexicon.py."
        ) from None


#: Nouns that say what a protein is: one is enough.
_HEADS = frozenset(("protein", "receptor", "kinase", "factor", "dehydrogenase"))

_WRITERS: dict[str, Callable[[Scribe, str, str | None, Sentence], None]] = {
    "@": Scribe._phrase,
    "$": Scribe._name,
    "~": Scribe._noun,
    "#": Scribe._number,
}


def _fix_articles(words: list[Word]) -> None:
    """Write ``an`` for ``a`` before a vowel's sound."""
    for place, ((form, tag), (following, _)) in enumerate(pairwise(words)):
        if form == "a" and tag == "DT" and _starts_with_vowel(following):
            words[place] = ("an", tag)


def _starts_with_vowel(word: str) -> bool:
    if len(word) > 1 and word[:2].isupper():
        return word[0] in _VOWEL_LETTERS
    return word[0].lower() in "aeiou" and not word.lower().startswith(_CONSONANT_SOUNDS)
