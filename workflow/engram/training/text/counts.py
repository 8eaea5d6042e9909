"""What a tagger found, in numbers: spans right, in the gold standard, and answered; vectorised."""

from __future__ import annotations

import numpy as np
from torch import Tensor

__all__ = ["f1", "span_counts", "token_counts"]


def span_counts(gold: np.ndarray, found: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return right, gold and found spans of each sentence, (B, 3) int64.

    ``gold`` and ``found`` (B, L) are ids of one tag set of IOB2: 0 is ``O``, an odd id begins a span, the
    even id behind it continues it. Both must be well formed, as a conditional random field's answers are.
    """
    mask = np.arange(gold.shape[1]) < lengths[:, None]
    truth, answer = np.where(mask, gold, 0), np.where(mask, found, 0)
    begins, answers = truth % 2 == 1, answer % 2 == 1
    same = begins & answers & (truth == answer) & (_ends(truth) == _ends(answer))
    return np.stack([same.sum(1), begins.sum(1), answers.sum(1)], 1)


def token_counts(gold: np.ndarray, found: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return right, all and all tokens of each sentence, (B, 3) int64: their F1 is the accuracy."""
    mask = np.arange(gold.shape[1]) < lengths[:, None]
    return np.stack([((gold == found) & mask).sum(1), lengths, lengths], 1)


def f1(right: Tensor, truth: Tensor, answered: Tensor) -> Tensor:
    """Return F1 of summed counts; 0 where nothing is there and nothing is found."""
    return 2 * right / (truth + answered).clamp_min(1)


def _ends(ids: np.ndarray) -> np.ndarray:
    """Return for each place (B, L) the first place behind it that does not continue a span."""
    length = ids.shape[1]
    inside = np.pad((ids > 0) & (ids % 2 == 0), ((0, 0), (0, 1)))
    stops = np.where(inside, length, np.arange(length + 1))
    following = np.minimum.accumulate(stops[:, ::-1], axis=1)[:, ::-1]
    return following[:, 1:]
