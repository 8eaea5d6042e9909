"""The tags that a conditional random field uses inside: IOBES, each of whose sequences is one of IOB2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engram.data.text.tags import TagSet

__all__ = ["TagChain"]


@dataclass(frozen=True)
class TagChain:
    """Inner tags, which may stand where, and how they are told outside.

    Of entities each type has four inner tags: the beginning, the inside and the end of an entity, and an
    entity of a single token. They carry more than IOB2's two (Ratinov and Roth 2009, section 3), and a
    sequence of the ones is exactly one sequence of the others. Classes of tokens are their own inner tags.
    """

    outer: np.ndarray
    """The tag in the tag set of each inner tag, (I,) int64."""
    inner: np.ndarray
    """The inner tag of each tag (row), if the next is not, or is, of the same entity, (T, 2) int64."""
    continues: np.ndarray
    """Which tags continue an entity, (T,) bool."""
    allowed: np.ndarray
    """Which inner tag (column) may follow which (row), (I, I) bool."""
    starts: np.ndarray
    """Which inner tags may be the first, (I,) bool."""
    ends: np.ndarray
    """Which inner tags may be the last, (I,) bool."""

    @classmethod
    def from_tags(cls, tags: TagSet) -> TagChain:
        """Return the inner tags of a tag set."""
        if tags.kind == "tokens":
            own, every = np.arange(len(tags)), np.ones(len(tags), dtype=bool)
            return cls(own, np.stack([own, own], 1), ~every, tags.allowed, every, every)
        outer, inner, opens, closes, types = [0], [(0, 0)], [True], [True], [-1]
        for number in range(len(tags.types)):
            begin, inside = 2 * number + 1, 2 * number + 2
            first = len(outer)
            outer += [begin, inside, inside, begin]  # beginning, inside, end, single
            inner += [(first + 3, first), (first + 2, first + 1)]
            opens += [True, False, False, True]
            closes += [False, False, True, True]
            types += [number] * 4
        starts, ends, kinds = np.array(opens), np.array(closes), np.array(types)
        same = kinds[:, None] == kinds
        allowed = np.where(ends[:, None], starts, ~starts & same)
        continues = np.array([name.startswith("I-") for name in tags.names])
        return cls(np.array(outer), np.array(inner), continues, allowed, starts, ends)
