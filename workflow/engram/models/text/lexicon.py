"""The dictionary that a network was trained with, and which of its features it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from engram.models.text.batch import Sentences
from engram.models.text.dictionary import Dictionary, Scheme, feature_count

__all__ = ["Lexicon"]


@dataclass(frozen=True)
class Lexicon:
    """A dictionary and a scheme of features; it is a part of the network, as the vocabulary is."""

    dictionary: Dictionary
    scheme: Scheme

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> Lexicon:
        """Return what `header` wrote."""
        return cls(Dictionary.from_header(header["dictionary"]), header["scheme"])

    def header(self) -> dict[str, Any]:
        """Return it as plain values, for a model's header."""
        return {"dictionary": self.dictionary.header(), "scheme": self.scheme}

    @property
    def size(self) -> int:
        """Features of a word, F."""
        return feature_count(len(self.dictionary.types), self.scheme)

    def add(self, sentences: Sentences, words: Sequence[Sequence[str]]) -> Sentences:
        """Return a batch with the features of its sentences' ``words``, (B, L, F)."""
        values = np.zeros((*sentences.words.shape, self.size), np.float32)
        for place, sentence in enumerate(words):
            values[place, : len(sentence)] = self.dictionary.features(sentence, self.scheme)
        return sentences._replace(dictionary=torch.from_numpy(values))
