"""The encoder of MTL-BC and MTL-LBC (Zuo and Zhang 2020): LSTMs over a sentence's characters and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from engram.models.text.batch import Sentences
from engram.models.text.dropout import Dropout
from engram.models.text.recurrent import BothDirections, turn
from engram.models.text.vocabulary import Vocabulary
from engram.models.text.words import WordOutputs, Words, uniform_embedding

__all__ = ["CharacterLstm", "Highway", "States", "build"]

#: A blank, which no word has, as a byte plus one.
_BLANK = ord(" ") + 1


class States(NamedTuple):
    """What the LSTMs over characters know at the blanks around the words of B sentences."""

    right: Tensor
    """From the left, at the blank before each word and behind the last, (B, L + 1, units)."""
    left: Tensor
    """From the right, at the same blanks, (B, L + 1, units)."""


class Highway(nn.Module):
    """A layer and a gate that lets values pass it by (Srivastava et al. 2015), (..., D) to (..., D)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.change, self.gate = nn.Linear(size, size), nn.Linear(size, size)
        # Closed at first, as in the published code: most passes by.
        nn.init.constant_(self.gate.bias, -2.0)

    def forward(self, values: Tensor) -> Tensor:
        """Return the mixture of changed and unchanged values."""
        gate = self.gate(values).sigmoid()
        return gate * self.change(values).relu() + (1 - gate) * values


class CharacterLstm(nn.Module):
    """Sentences to the states of both directions at each word, (B, L, 2 x units).

    Two LSTMs, one a direction, run over all bytes of a sentence; a word's characters are their states at the
    blank behind it and at the blank before it. With ``language_model`` they also predict the next and the
    previous word, each behind a highway layer, and a third highway layer leads to the tags.

    Parameters
    ----------
    vocabulary
        The words that get an embedding, and that the language models predict.
    words, characters
        Values of a word's and of a byte's embedding.
    character_units, units
        Values of a direction's state, over characters and over words.
    language_model
        Whether it is LBC and not BC.
    dropout
        Probability of dropout of bytes, of the word LSTM's inputs and of what the language models read.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        words: int = 200,
        characters: int = 30,
        character_units: int = 300,
        units: int = 150,
        language_model: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {
            **{"words": words, "characters": characters, "character_units": character_units},
            **{"units": units, "language_model": language_model, "dropout": dropout},
        }
        self.words = Words(vocabulary, words)
        self.characters = uniform_embedding(257, characters)
        self.right = nn.LSTM(characters, character_units, batch_first=True)
        self.left = nn.LSTM(characters, character_units, batch_first=True)
        self.lstm = BothDirections(words + 2 * character_units, units)
        self.dropout = Dropout(dropout)
        self.size = self.lstm.size
        # In the order of States; the last leads to the tags.
        sizes = (character_units, character_units, 2 * character_units) if language_model else ()
        self.highways = nn.ModuleList(Highway(size) for size in sizes)
        self.outputs = nn.ModuleList(WordOutputs(len(vocabulary), size) for size in sizes[:2])

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that it has embeddings of."""
        return self.words.vocabulary

    def extend(self, words: Iterable[str], vectors: Mapping[str, np.ndarray] | None = None) -> int:
        """Give new words an embedding and return their number, see `Words.extend`."""
        new = self.words.extend(words, vectors)
        for output in self.outputs:
            cast(WordOutputs, output).extend(new)
        return new

    def forward(self, sentences: Sentences) -> Tensor:
        """Return the encoded words (B, L, 2 x units)."""
        return self.encoded(self.read(sentences), sentences)

    def read(self, sentences: Sentences) -> States:
        """Return the states at the blanks around the words."""
        text, lengths, blanks = _lines(sentences)
        values = self.dropout(self.characters(text))
        left = turn(self.left(turn(values, lengths))[0], lengths)
        return States(_at(self.right(values)[0], blanks), _at(left, blanks))

    def encoded(self, states: States, sentences: Sentences) -> Tensor:
        """Return the encoded words (B, L, 2 x units), of the states that `read` gave."""
        forms = torch.cat([states.right[:, 1:], states.left[:, :-1]], 2)
        if self.highways:
            forms = self.highways[2](self.dropout(forms))
        values = self.dropout(torch.cat([self.words(sentences.words), forms], 2))
        return self.lstm(values, sentences.lengths)

    def word_logits(self, states: States, places: Tensor) -> tuple[Tensor, Tensor]:
        """Return each language model's scores (N, V) of the words at N ``places``, of (B, L) bool.

        The forward model has read all before a word, the backward model all behind it.
        """
        read = (states.right[:, :-1][places], states.left[:, 1:][places])
        forward, backward = (
            output(self.dropout(highway(self.dropout(values))))
            for output, highway, values in zip(self.outputs, self.highways, read, strict=False)
        )
        return forward, backward


def _lines(sentences: Sentences) -> tuple[Tensor, Tensor, Tensor]:
    """Return each sentence's bytes plus one (B, M) with blanks, their number (B,), and the blanks' places.

    The places (B, L + 1) are those before each word and behind the last; behind a sentence's end that of
    the last.
    """
    rows = sentences.characters[sentences.forms]
    widths = (rows > 0).sum(2)
    steps = (widths + 1) * sentences.mask
    blanks = torch.cat([torch.zeros_like(steps[:, :1]), steps.cumsum(1)], 1)
    lengths = blanks[:, -1] + 1
    text = rows.new_full((len(rows), int(lengths.max())), _BLANK)
    sentence, word, place = (rows > 0).nonzero(as_tuple=True)
    text[sentence, blanks[sentence, word] + 1 + place] = rows[sentence, word, place]
    return text, lengths, blanks


def _at(values: Tensor, places: Tensor) -> Tensor:
    return values.gather(1, places[..., None].expand(-1, -1, values.shape[2]))


def build(settings: Mapping[str, Any], vocabulary: Vocabulary) -> CharacterLstm:
    """Return the encoder with random weights."""
    return CharacterLstm(vocabulary, **settings)
