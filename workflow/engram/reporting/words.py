"""Words of notes and pages."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["listed"]


def listed(words: Iterable[str]) -> str:
    """Return words as a list in a sentence: ``a, b and c``."""
    *first, last = [*words] or [""]
    return " and ".join(part for part in (", ".join(first), last) if part)
