"""What a look consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Look", "Story", "lines"]


@dataclass(frozen=True)
class Story:
    """A document's plan: its sentences by their part in it, and the phrases that they share.

    ``opening`` comes first, ``second`` takes up what it said, ``method`` and ``middle`` follow, and
    ``closing`` ends it. Of each document one line of every entry of ``themes`` holds throughout.
    """

    opening: tuple[str, ...]
    second: tuple[str, ...]
    method: tuple[str, ...]
    middle: tuple[str, ...]
    closing: tuple[str, ...]
    themes: tuple[Mapping[str, str], ...] = ()
    """Of these one is drawn for a document: phrases that it uses wherever it needs them."""
    fixed: tuple[str, ...] = ()
    """Phrases of which a document draws one and keeps it."""
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Phrases that are drawn anew at each use."""
    leads: tuple[str, ...] = ()
    """What half of the middle sentences begin with, where they do not begin with such a phrase already."""


@dataclass(frozen=True)
class Look:
    """A domain: what is annotated in it, and the kinds of document that it holds."""

    stories: tuple[Story, ...]
    kind: Literal["entities", "tokens", "language"] = "entities"
    types: tuple[str, ...] = ()
    """The types of entity that are annotated; the others stand in the text unmarked."""
    lower: int = 0
    """Of a thousand sentences, how many begin with a small letter."""
    abrupt: int = 0
    """Of a thousand first mentions, how many are of the short form without its introduction."""


def lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text, one a template."""
    return tuple(line.strip() for line in text.strip().splitlines())
