"""Masked words that are the same for every network: what is measured of a level of language."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engram.models.text.batch import Sentences
from engram.models.text.vocabulary import MASK

__all__ = ["CHOSEN", "hide", "measured_tokens", "padded"]

#: Of the words that the training subset has, how many are hidden.
CHOSEN = 0.15


def measured_tokens(tokens: np.ndarray, seed: int) -> np.ndarray:
    """Return which places of a store's words are hidden where a network is measured, bool of any shape.

    It depends on the place alone (splitmix64 of Steele et al. 2014), so that all networks recover the same
    words, in batches of any size.
    """
    with np.errstate(over="ignore"):
        mixed = (tokens.astype(np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed ^= mixed >> np.uint64(31)
    return mixed < np.uint64(int(CHOSEN * 2**64))


def hide(sentences: Sentences, chosen: Tensor) -> tuple[Sentences, Tensor]:
    """Return a batch whose ``chosen`` words (B, L) bool show neither id nor bytes, and what they were.

    The second is (B, L) int64: the ids of the hidden words, and -1 at all other places.
    """
    seen = sentences._replace(
        words=sentences.words.masked_fill(chosen, MASK), forms=sentences.forms.masked_fill(chosen, 0)
    )
    return seen, sentences.words.masked_fill(~chosen, -1)


def padded(rows: list[np.ndarray], fill: int = 0) -> Tensor:
    """Return rows (L,) of several lengths as one tensor (B, L) int64."""
    width = max(map(len, rows))
    values = np.full((len(rows), width), fill, np.int64)
    for place, row in enumerate(rows):
        values[place, : len(row)] = row
    return torch.from_numpy(values)
