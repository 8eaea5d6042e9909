"""Tags of tokens in the scheme IOB2, and the spans of entities that they mean.

The first token of an entity of type ``x`` has the tag ``B-x``, each further token ``I-x``, and a token
outside of entities ``O`` (Tjong Kim Sang and Veenstra 1999, section 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np

from engram.core.errors import TextError

__all__ = ["OUTSIDE", "Span", "TagSet", "pack", "span_in", "spans", "tags_of", "type_of", "unpack"]

OUTSIDE = "O"
_TAG = re.compile(r"[BI]-(\S+)\Z")
_PACKED = re.compile(r"(\d+):(\d+):(\S+)\Z", re.ASCII)


class Span(NamedTuple):
    """An entity: its type, its first token, and the token behind its last, counted from 0."""

    type: str
    start: int
    end: int


def type_of(tag: str, where: str = "") -> str | None:
    """Return the type of entity that a tag names; None for ``O``.

    Raises
    ------
    TextError
        If it is no tag of IOB2; ``where`` names the file and line in the message.
    """
    if tag == OUTSIDE:
        return None
    match = _TAG.match(tag)
    if match is None:
        raise TextError(
            f"{_place(where)}'{tag}' is no tag: tags are O, B-x and I-x with a type x. Correct the tag."
        )
    return match[1]


def spans(tags: Sequence[str], where: str = "") -> list[Span]:
    """Return the entities of a sentence, in order.

    Raises
    ------
    TextError
        If a tag is none of IOB2, or an ``I-x`` follows neither ``B-x`` nor ``I-x``; ``where`` names the
        sentence in the message.
    """
    found: list[Span] = []
    kind, start = None, 0
    for place, tag in enumerate(tags):
        now = type_of(tag, where)
        if tag.startswith("I-"):
            if now != kind:
                raise TextError(
                    f"{_place(where)}the tag '{tag}' of token {place + 1} follows no 'B-{now}' or '{tag}'. "
                    f"Write 'B-{now}' where the entity begins."
                )
            continue
        if kind is not None:
            found.append(Span(kind, start, place))
        kind, start = now, place
    if kind is not None:
        found.append(Span(kind, start, len(tags)))
    return found


def tags_of(found: Iterable[Span], length: int) -> list[str]:
    """Return the tags of a sentence of ``length`` tokens that has these entities.

    Raises
    ------
    TextError
        If an entity is empty, ends behind the sentence or overlaps another.
    """
    tags, end = [OUTSIDE] * length, 0
    for span in sorted(found, key=lambda one: (one.start, one.end)):
        if not end <= span.start < span.end <= length:
            raise TextError(
                f"The entity '{span.type}' from token {span.start + 1} to {span.end} is empty, overlaps "
                f"another or lies outside of its sentence of {length} tokens. Take one of them out."
            )
        tags[span.start] = f"B-{span.type}"
        tags[span.start + 1 : span.end] = [f"I-{span.type}"] * (span.end - span.start - 1)
        end = span.end
    return tags


def pack(found: Iterable[Span]) -> str:
    """Return entities as words, ``start:end:type`` each, with blanks between: for a column of a table."""
    return " ".join(f"{span.start}:{span.end}:{span.type}" for span in sorted(found, key=lambda one: one[1:]))


def unpack(text: str) -> list[Span]:
    """Return the entities that `pack` wrote.

    Raises
    ------
    TextError
        If a word of ``text`` is not ``start:end:type``.
    """
    return [span_in(word) for word in text.split()]


def span_in(word: str) -> Span:
    """Return the one entity that is written as ``start:end:type``."""
    match = _PACKED.match(word)
    if match is None:
        raise TextError(f"'{word}' is no entity: expected is start:end:type. Delete the file it is from.")
    return Span(match[3], int(match[1]), int(match[2]))


@dataclass(frozen=True)
class TagSet:
    """The tags that a data set knows: those of IOB2 for its types of entities, or classes of tokens."""

    types: tuple[str, ...]
    """Types of entities, or classes of tokens (such as parts of speech), each once."""
    kind: Literal["entities", "tokens"] = "entities"

    def __post_init__(self) -> None:
        """Refuse types that cannot be written as tags."""
        if len(set(self.types)) != len(self.types):
            raise TextError(f"The types {', '.join(self.types)} are not all different. Name each once.")
        wrong = [name for name in self.types if not name or len(name.split()) != 1 or name != name.strip()]
        if wrong:
            raise TextError(f"'{wrong[0]}' is no type: a type is a word without blanks. Rename it.")

    @classmethod
    def of_tokens(cls, classes: Iterable[str]) -> TagSet:
        """Return the set of one class a token, without entities; every class may follow every other."""
        return cls(tuple(classes), "tokens")

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> TagSet:
        """Return what `header` wrote."""
        return cls(tuple(header["types"]), header["kind"])

    def header(self) -> dict[str, Any]:
        """Return the set as plain values, for a model's header."""
        return {"types": list(self.types), "kind": self.kind}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The tags by id: ``O, B-a, I-a, B-b, ...`` in the order of ``types``, or the classes."""
        if self.kind == "tokens":
            return self.types
        return (OUTSIDE, *(f"{place}-{name}" for name in self.types for place in "BI"))

    @cached_property
    def index(self) -> dict[str, int]:
        """The id of each tag."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def starts(self) -> np.ndarray:
        """Which tags a sentence may begin with, of shape (T,), bool."""
        return np.array([self.kind == "tokens" or name[:2] != "I-" for name in self.names], dtype=bool)

    @cached_property
    def allowed(self) -> np.ndarray:
        """Which tag (column) may follow which (row), of shape (T, T), bool."""
        allowed = np.tile(self.starts, (len(self.names), 1))
        if self.kind == "entities":
            for inside in range(2, len(self.names), 2):
                allowed[inside - 1 : inside + 1, inside] = True
        return allowed

    def __len__(self) -> int:
        """Return the number of tags."""
        return len(self.names)

    def ids(self, tags: Iterable[str], where: str = "") -> np.ndarray:
        """Return the ids of tags, of shape (L,), int64; raise `TextError` for one that is unknown."""
        tags = list(tags)
        try:
            return np.array([self.index[tag] for tag in tags], dtype=np.int64)
        except KeyError as error:
            raise TextError(
                f"{_place(where)}the tag {error} is unknown. Known: {', '.join(self.names)}."
            ) from None

    def tags(self, ids: Iterable[int]) -> list[str]:
        """Return the tags of ids."""
        return [self.names[number] for number in ids]

    def encode(self, found: Iterable[Span], length: int) -> np.ndarray:
        """Return the ids of a sentence of ``length`` tokens with these entities, of shape (L,), int64."""
        return self.ids(tags_of(found, length))

    def decode(self, ids: Iterable[int], where: str = "") -> list[Span]:
        """Return the entities of a sentence's ids; raise `TextError` as `spans` does."""
        if self.kind == "tokens":
            raise TextError(f"{_place(where)}classes of tokens mean no entities. Compare the tokens.")
        return spans(self.tags(ids), where)


def _place(where: str) -> str:
    return f"{where}: " if where else ""
