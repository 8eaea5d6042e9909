"""Convolutions over a word's bytes, a word embedding, and an LSTM in both directions (Ma and Hovy 2016)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.core.errors import TextError
from engram.models.text.batch import Sentences
from engram.models.text.characters import Characters
from engram.models.text.dropout import SentenceDropout
from engram.models.text.recurrent import BothDirections
from engram.models.text.vocabulary import Vocabulary
from engram.models.text.words import Words

__all__ = ["BiLstm", "build"]


class BiLstm(nn.Module):
    """Sentences to the states of both directions at each word, (B, L, 2 x units).

    Parameters
    ----------
    vocabulary
        The words that get an embedding.
    words, characters
        Values of a word's and of a byte's embedding.
    filters, widths
        Filters over bytes, and how many bytes they see.
    units, layers
        Values of a direction's state; layers of the LSTM.
    dropout
        Probability that a value of the LSTM's inputs or between layers is dropped throughout a sentence.
    dictionary, place
        Features of a word from dictionaries, and where they enter (Wang et al. 2019): at the ``input``
        beside the word's embedding (their Model-I), or in a second LSTM ``beside`` the first (Model-II).
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        words: int = 100,
        characters: int = 30,
        filters: int = 50,
        widths: Sequence[int] = (3,),
        units: int = 128,
        layers: int = 1,
        dropout: float = 0.5,
        dictionary: int = 0,
        place: Literal["input", "beside"] = "input",
    ) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {
            **{"words": words, "characters": characters, "filters": filters, "widths": list(widths)},
            **{"units": units, "layers": layers, "dropout": dropout},
            **{"dictionary": dictionary, "place": place},
        }
        self.words = Words(vocabulary, words)
        self.characters = Characters(characters, filters, widths)
        at_input = dictionary if place == "input" else 0
        self.lstm = BothDirections(words + filters + at_input, units, layers, dropout)
        self.beside = BothDirections(dictionary, units) if dictionary and place == "beside" else None
        self.dropout = SentenceDropout(dropout)
        self.size = self.lstm.size + (self.beside.size if self.beside else 0)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that it has embeddings of."""
        return self.words.vocabulary

    def extend(self, words: Iterable[str], vectors: Mapping[str, np.ndarray] | None = None) -> int:
        """Give new words an embedding and return their number, see `Words.extend`."""
        return self.words.extend(words, vectors)

    def forward(self, sentences: Sentences) -> Tensor:
        """Return the encoded words (B, L, H)."""
        features = self._dictionary(sentences)
        forms = F.embedding(sentences.forms, self.characters(sentences.characters))
        inputs = [self.words(sentences.words), forms]
        if features is not None and self.beside is None:
            inputs.append(features)
        states = self.lstm(self.dropout(torch.cat(inputs, 2)), sentences.lengths)
        if features is None or self.beside is None:
            return states
        return torch.cat([states, self.beside(features, sentences.lengths)], 2)

    def _dictionary(self, sentences: Sentences) -> Tensor | None:
        wanted = self.settings["dictionary"]
        given = sentences.dictionary
        found = 0 if given is None else given.shape[2]
        if found != wanted:
            raise TextError(
                f"The network reads {wanted} dictionary features a word, but the sentences have {found}. "
                "Train it again with these dictionaries."
            )
        return given if wanted else None


def build(settings: Mapping[str, Any], vocabulary: Vocabulary) -> BiLstm:
    """Return the encoder with random weights."""
    return BiLstm(vocabulary, **settings)
