"""Masked words: a network recovers words that were hidden (Devlin et al. 2019, section 3.1)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

from engram.models.text.batch import Sentences
from engram.models.text.encoders.bert import Bert
from engram.models.text.vocabulary import FIRST, MASK

__all__ = ["Masked", "mask_words", "masked_word_scores", "masked_words_loss"]

#: Of the words that a network has an embedding of, how many are to be recovered.
_CHOSEN = 0.15
#: Of these, how many are hidden, and up to where they are other words; the rest stays as it is.
_HIDDEN, _REPLACED = 0.8, 0.9


class Masked(NamedTuple):
    """A batch with hidden words, and what they were."""

    sentences: Sentences
    chosen: Tensor
    """Which places are to be recovered, (B, L) bool."""
    words: Tensor
    """The ids of the words that stood there, (N,) int64, in the order of ``chosen``."""


def mask_words(sentences: Sentences, generator: torch.Generator) -> Masked:
    """Hide words: 15 % are chosen; of them 80 % are hidden, 10 % become another word of the batch.

    Words without an embedding are not chosen: they could not be named. A hidden word shows neither its id
    nor its bytes. The batch and ``generator`` are on the CPU; each call draws as many numbers as the batch
    has places, whatever stands there.
    """
    shape = sentences.words.shape
    pick, change, other = (torch.rand(shape, generator=generator) for _ in range(3))
    chosen = (sentences.words >= FIRST) & (pick < _CHOSEN)
    hidden = chosen & (change < _HIDDEN)
    replaced = chosen & (change >= _HIDDEN) & (change < _REPLACED)
    filled = sentences.mask.flatten().nonzero()[:, 0]
    source = filled[(other * len(filled)).long()]
    words = torch.where(replaced, sentences.words.flatten()[source], sentences.words)
    forms = torch.where(replaced, sentences.forms.flatten()[source], sentences.forms)
    seen = sentences._replace(words=words.masked_fill(hidden, MASK), forms=forms.masked_fill(hidden, 0))
    return Masked(seen, chosen, sentences.words[chosen])


def masked_word_scores(encoder: Bert, encoded: Tensor, masked: Masked) -> Tensor:
    """Return the scores (N, V) of every word at the chosen places of encoded words (B, L, size)."""
    return encoder.word_logits(encoded[masked.chosen])


def masked_words_loss(scores: Tensor, words: Tensor) -> Tensor:
    """Return the mean cross-entropy of the hidden words, a scalar; 0 where none is hidden.

    ``scores`` (N, V) are of `masked_word_scores`, ``words`` (N,) those of `Masked`.
    """
    if not len(words):
        return scores.sum() * 0
    return F.cross_entropy(scores.float(), words)
