"""Words cut into pieces, as BERT's own tokeniser does (Devlin et al. 2019; Wu et al. 2016)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["WordPieces"]

#: A longer word is unknown, as in the published tokeniser.
_LONGEST = 100


class WordPieces:
    """Cuts a word into the longest pieces that are known, from its beginning.

    Parameters
    ----------
    pieces
        The known pieces in the order of their ids; one that continues a word begins with ``##``. ``[UNK]``,
        ``[CLS]``, ``[SEP]`` and ``[PAD]`` are among them.
    lower
        Whether words are read in lower case and without accents.
    """

    def __init__(self, pieces: Sequence[str], *, lower: bool) -> None:
        self._ids = {piece: number for number, piece in enumerate(pieces)}
        self._lower = lower
        self.unknown, self.first, self.last, self.padding = (
            self._ids[f"[{name}]"] for name in ("UNK", "CLS", "SEP", "PAD")
        )
        self._known: dict[str, list[int]] = {}

    def ids(self, word: str) -> list[int]:
        """Return the ids of a word's pieces, at least one."""
        if word not in self._known:
            parts = _parts(_plain(word) if self._lower else word)
            self._known[word] = [number for part in parts for number in self._cut(part)] or [self.unknown]
        return self._known[word]

    def _cut(self, part: str) -> list[int]:
        found, start = [], 0
        while start < len(part) <= _LONGEST:
            mark = "##" if start else ""
            ends = range(len(part), start, -1)
            end = next((end for end in ends if mark + part[start:end] in self._ids), None)
            if end is None:
                break
            found.append(self._ids[mark + part[start:end]])
            start = end
        return found if start == len(part) else [self.unknown]


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFD", word.lower())
    return "".join(letter for letter in apart if unicodedata.category(letter) != "Mn")


def _parts(word: str) -> list[str]:
    """Return a word cut at punctuation and around Chinese characters; each mark is a part."""
    parts = [""]
    for letter in word:
        if letter.isspace():
            parts.append("")
        elif _alone(letter):
            parts += [letter, ""]
        else:
            parts[-1] += letter
    return [part for part in parts if part]


def _alone(letter: str) -> bool:
    symbol = letter.isascii() and letter.isprintable() and not letter.isalnum()
    chinese = 0x4E00 <= ord(letter) <= 0x9FFF or 0x3400 <= ord(letter) <= 0x4DBF
    return symbol or chinese or unicodedata.category(letter).startswith("P")
