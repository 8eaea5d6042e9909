"""The words that a network has an embedding of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engram.core.errors import TextError

__all__ = ["FIRST", "MASK", "PADDING", "UNKNOWN", "Vocabulary"]

#: Ids that mean no word: behind a sentence's end, a word without an embedding, a word that is hidden.
PADDING, UNKNOWN, MASK = 0, 1, 2
#: The id of a vocabulary's first word.
FIRST = 3


@dataclass(frozen=True)
class Vocabulary:
    """Words in the order of their ids; a form is looked up in lower case (Lample et al. 2016)."""

    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse words that no form could find."""
        if len(self._places) != len(self.words):
            raise TextError("A vocabulary names a word twice. Name each word once.")
        for word in self.words:
            if word != word.lower():
                raise TextError(f"The word '{word}' of a vocabulary is not in lower case. Write it so.")

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words, FIRST)}

    def __len__(self) -> int:
        """Return the number of ids, those that mean no word included."""
        return FIRST + len(self.words)

    def ids(self, forms: Iterable[str]) -> np.ndarray:
        """Return the id of each form, of shape (F,), int64; `UNKNOWN` for those without a word."""
        return np.array([self._places.get(form.lower(), UNKNOWN) for form in forms], dtype=np.int64)

    def grown(self, words: Iterable[str]) -> Vocabulary:
        """Return a vocabulary that also has ``words``, in any case; ids of present words stay."""
        new = dict.fromkeys(word.lower() for word in words)
        return Vocabulary((*self.words, *(word for word in new if word not in self._places)))

    def singletons(self, counts: Mapping[str, int]) -> np.ndarray:
        """Return which ids are words that a training subset has once, of shape (len(self),), bool.

        ``counts`` says how often each form stands in it. In training such words become unknown now and
        then, so that the embedding of the unknown word learns (Lample et al. 2016, section 4.1).
        """
        lower: Counter[str] = Counter()
        for form, count in counts.items():
            lower[form.lower()] += count
        once = np.zeros(len(self), dtype=bool)
        once[[self._places[word] for word, count in lower.items() if count == 1 and word in self._places]] = (
            True
        )
        return once
