"""What dictionaries of names say about a word: the features of Wang et al. (2019).

The paper (J. Biomed. Inform. 92, 103133) reads Chinese characters; here units are tokens, of any language.
A dictionary of the target's own training mentions finds all names in training and few on test: take one
from elsewhere, such as a terminology or the sources of a lineage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

__all__ = ["Dictionary", "Scheme", "feature_count"]

Scheme = Literal["ngram", "piet", "pdet"]

#: Tokens of an n-gram.
_LENGTHS = (2, 3, 4, 5)
#: Places in a match: its beginning, inside, its end, a match of one token.
_PLACES = 4


class Dictionary:
    """Names and their types, matched in lower case.

    Parameters
    ----------
    entries
        Names as tuples of tokens -> the type of the name, or its types.
    types
        The types in the order of the features.
    """

    def __init__(self, entries: Mapping[tuple[str, ...], str | Iterable[str]], types: Sequence[str]) -> None:
        self.types = tuple(types)
        places = {name: place for place, name in enumerate(self.types)}
        self._bits: dict[tuple[str, ...], np.ndarray] = {}
        for tokens, kinds in entries.items():
            known = [
                places[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind in places
            ]
            if tokens and known:
                bits = self._bits.setdefault(_lower(tokens), np.zeros(len(types), dtype=np.float32))
                bits[known] = 1
        self._longest = max(map(len, self._bits), default=1)

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> Dictionary:
        """Return what `header` wrote."""
        return cls({tuple(name): kinds for name, kinds in header["names"]}, header["types"])

    def header(self) -> dict[str, Any]:
        """Return it as plain values, for a model's header."""
        names = {
            name: [kind for kind, bit in zip(self.types, bits, strict=True) if bit]
            for name, bits in self._bits.items()
        }
        return {"types": list(self.types), "names": [[list(name), names[name]] for name in sorted(names)]}

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._bits)

    def features(self, tokens: Sequence[str], scheme: Scheme) -> np.ndarray:
        """Return the features of a sentence's L tokens, (L, F) float32 of 0 and 1; see `feature_count`.

        ``ngram``: for the eight n-grams of 2 to 5 tokens that begin or end at a token, a value a type.
        ``piet``: the types of the match that the token lies in (position-independent entity type).
        ``pdet``: the same by the token's place in the match (position-dependent).
        """
        tokens = _lower(tokens)
        if scheme == "ngram":
            return self._ngrams(tokens)
        places = 1 if scheme == "piet" else _PLACES
        found = np.zeros((len(tokens), places, len(self.types)), dtype=np.float32)
        for start, end in self.matches(tokens):
            bits = self._bits.get(tuple(tokens[start:end]))
            if bits is not None:
                for token in range(start, end):
                    found[token, _place(token, start, end) if places > 1 else 0] = bits
        return found.reshape(len(tokens), -1)

    def matches(self, tokens: Sequence[str]) -> list[tuple[int, int]]:
        """Return the sentence cut into names and single tokens, by bidirectional maximum matching.

        The longest name is taken first, once from the left and once from the right; the cut with fewer
        parts wins, then the one with fewer single tokens, then that from the right.
        """
        tokens = _lower(tokens)
        forward, backward = self._from_left(tokens), self._from_right(tokens)
        return min(backward, forward, key=lambda cut: (len(cut), sum(end - start == 1 for start, end in cut)))

    def _from_left(self, tokens: tuple[str, ...]) -> list[tuple[int, int]]:
        found, start = [], 0
        while start < len(tokens):
            ends = range(min(len(tokens), start + self._longest), start + 1, -1)
            end = next((end for end in ends if tokens[start:end] in self._bits), start + 1)
            found.append((start, end))
            start = end
        return found

    def _from_right(self, tokens: tuple[str, ...]) -> list[tuple[int, int]]:
        found, end = [], len(tokens)
        while end > 0:
            starts = range(max(0, end - self._longest), end - 1)
            start = next((start for start in starts if tokens[start:end] in self._bits), end - 1)
            found.append((start, end))
            end = start
        return found[::-1]

    def _ngrams(self, tokens: tuple[str, ...]) -> np.ndarray:
        found = np.zeros((len(tokens), 2, len(_LENGTHS), len(self.types)), dtype=np.float32)
        for place, length in enumerate(_LENGTHS):
            for start in range(len(tokens) - length + 1):
                bits = self._bits.get(tokens[start : start + length])
                if bits is not None:
                    found[start, 0, place] = bits
                    found[start + length - 1, 1, place] = bits
        return found.reshape(len(tokens), -1)


def feature_count(types: int, scheme: Scheme) -> int:
    """Return the features of a token, F, by the number of types."""
    return types * {"ngram": 2 * len(_LENGTHS), "piet": 1, "pdet": _PLACES}[scheme]


def _place(token: int, start: int, end: int) -> int:
    if end - start == 1:
        return 3
    return 0 if token == start else 2 if token == end - 1 else 1


def _lower(tokens: Sequence[str]) -> tuple[str, ...]:
    return tuple(token.lower() for token in tokens)
