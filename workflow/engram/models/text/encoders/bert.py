"""A small BERT over words (Devlin et al. 2019): masked words, pairs of sentences, and encoded words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.models.text.attention import AttentionLayers
from engram.models.text.batch import Sentences
from engram.models.text.characters import Characters
from engram.models.text.dropout import Dropout
from engram.models.text.vocabulary import Vocabulary
from engram.models.text.words import WordOutputs, Words

__all__ = ["Bert", "build"]


class Bert(nn.Module):
    """Sentences to a vector a word, (B, L, size), by attention to all words.

    Three things differ from the paper. Tokens are words, each given by its embedding and by filters over
    its bytes, and not pieces of words. No token stands between the sentences of a pair: the segment tells
    them apart. And a layer normalises its input, which needs no warm-up of the learning rate (Xiong et al.
    2020).

    Parameters
    ----------
    vocabulary
        The words that get an embedding, and that a masked word is chosen from.
    size, layers, attention_heads, hidden
        Values of a word, layers, attention heads of a layer, and values between its two linear maps.
    characters, filters, widths
        Values of a byte's embedding, filters over bytes, and how many bytes they see.
    dropout
        Probability of dropout throughout.
    longest
        Places with an embedding of their own; words farther behind share that of the last.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        size: int = 64,
        layers: int = 2,
        attention_heads: int = 2,
        hidden: int = 128,
        characters: int = 16,
        filters: int = 24,
        widths: Sequence[int] = (3,),
        dropout: float = 0.1,
        longest: int = 256,
    ) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {
            **{"size": size, "layers": layers, "attention_heads": attention_heads, "hidden": hidden},
            **{"characters": characters, "filters": filters, "widths": list(widths)},
            **{"dropout": dropout, "longest": longest},
        }
        self.size = size
        self.words = Words(vocabulary, size)
        self.characters = Characters(characters, filters, widths)
        self.forms = nn.Linear(filters, size, bias=False)
        self.places = nn.Embedding(longest, size)
        self.segments = nn.Embedding(2, size)
        self.whole = nn.Parameter(torch.empty(size))
        for values in (self.places.weight, self.segments.weight, self.whole):
            nn.init.normal_(values, std=0.02)
        self.normal = nn.LayerNorm(size)
        self.dropout = Dropout(dropout)
        self.layers = AttentionLayers(size, attention_heads, hidden, layers, dropout)
        self.masked = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = WordOutputs(len(vocabulary))
        self.pair = nn.Sequential(nn.Linear(size, size), nn.Tanh(), nn.Linear(size, 2))

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that it has embeddings of."""
        return self.words.vocabulary

    def extend(self, words: Iterable[str], vectors: Mapping[str, np.ndarray] | None = None) -> int:
        """Give new words an embedding and return their number, see `Words.extend`."""
        new = self.words.extend(words, vectors)
        self.bias.extend(new)
        return new

    def forward(self, sentences: Sentences) -> Tensor:
        """Return the encoded words (B, L, size)."""
        return self.read(sentences)[:, 1:]

    def read(self, sentences: Sentences) -> Tensor:
        """Return the encoded sentences (B, L + 1, size): first a vector of the whole, then the words."""
        batch, length = sentences.words.shape
        forms = F.embedding(sentences.forms, self.forms(self.characters(sentences.characters)))
        values = self.words(sentences.words) + forms
        if sentences.segments is not None:
            values = values + self.segments(sentences.segments)
        values = torch.cat([self.whole.expand(batch, 1, -1), values], 1)
        places = torch.arange(length + 1, device=values.device).clamp_max(self.places.num_embeddings - 1)
        values = self.dropout(self.normal(values + self.places(places)))
        outside = F.pad(~sentences.mask, (1, 0))
        return self.layers(values, outside)

    def word_logits(self, encoded: Tensor) -> Tensor:
        """Return the scores (N, V) of every word at encoded places (N, size), by the words' embeddings."""
        return self.bias(self.masked(encoded), self.words.table.weight)

    def pair_logits(self, whole: Tensor) -> Tensor:
        """Return the scores (B, 2) that the second sentence does not, or does, follow the first."""
        return self.pair(whole)


def build(settings: Mapping[str, Any], vocabulary: Vocabulary) -> Bert:
    """Return the encoder with random weights."""
    return Bert(vocabulary, **settings)
