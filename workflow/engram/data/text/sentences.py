"""What readers of text make: sentences, as they stand in a data set, and how its files are written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Reading", "Sentence", "TextFormat"]


@dataclass(frozen=True)
class TextFormat:
    """How the files of a text are written, as its settings say."""

    name: str
    """The text's name in the configuration, for messages."""
    kind: str = "entities"
    """``entities``, ``tokens`` or ``language``."""
    scheme: str = "iob2"
    """``iob2``, ``iobes``, ``bilou``, ``bmes`` or ``iob1``."""
    column: int = 0
    """The column of the tag, counted from 1; 0 is the last."""
    encoding: str = "utf-8"
    token_column: int = 1
    """The column of the token, counted from 1."""

    @property
    def setting(self) -> str:
        """Where its settings stand in the configuration, for messages."""
        return f"texts.{self.name}"

    @property
    def encoding_setting(self) -> str:
        """Where its encoding stands, for messages."""
        return f"{self.setting}.encoding"


@dataclass(frozen=True)
class Sentence:
    """One sentence with what is known of it."""

    place: str
    """File below the text's folder and line at which it begins: ``train.tsv:17``."""
    tokens: list[str]
    tags: list[str] | None
    """Tags in IOB2, or classes of tokens; None for unlabelled text."""
    subset: str | None = None
    """The owners' subset: train, validation or test."""
    document: str | None = None
    """Its document; None where the files name none."""


@dataclass
class Reading:
    """Everything that a reader finds in a folder."""

    sentences: list[Sentence] = field(default_factory=list)
    facts: Counter[str] = field(default_factory=Counter)
    """What the reader had to decide, such as entities that overlap, each with how often."""
