"""Pairs of sentences: does the second follow the first? (Devlin et al. 2019, section 3.1)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

__all__ = ["Pairs", "draw_pairs", "sentence_pairs_loss"]


class Pairs(NamedTuple):
    """Rows of sentences, and whether the second follows the first."""

    first: np.ndarray
    """Row of the first sentence, (N,) int64."""
    second: np.ndarray
    """Row of the second, (N,) int64."""
    follows: np.ndarray
    """Whether it is the next of the same document, (N,) bool."""


def draw_pairs(documents: np.ndarray, places: np.ndarray, rng: np.random.Generator) -> Pairs:
    """Draw a second sentence for each that has a next one: that or, for every other, one of another document.

    Parameters
    ----------
    documents, places
        The document of each row, (N,) of any kind, and the sentence's place in it, (N,) int.
    """
    order = np.lexsort((places, documents))
    same = documents[order[1:]] == documents[order[:-1]]
    next_one = places[order[1:]] == places[order[:-1]] + 1
    first, second = order[:-1][same & next_one], order[1:][same & next_one].copy()
    follows = rng.permutation(len(first)) % 2 == 0
    for place in np.flatnonzero(~follows):
        others = np.flatnonzero(documents != documents[first[place]])
        if len(others):
            second[place] = others[rng.integers(len(others))]
        else:
            follows[place] = True  # one document alone: there is no other
    return Pairs(first.astype(np.int64), second.astype(np.int64), follows)


def sentence_pairs_loss(scores: Tensor, follows: Tensor) -> Tensor:
    """Return the cross-entropy of each pair, (B,); ``scores`` are (B, 2), ``follows`` (B,) int64."""
    return F.cross_entropy(scores.float(), follows, reduction="none")
