"""Verification at every threshold: the ROC curve, its area, and the true accept rate at a false accept rate.

The definitions are those of scikit-learn's ``roc_curve`` and ``roc_auc_score``. A pair without a similarity,
of which a face was not detected, is never accepted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["area_under_curve", "curve", "pseudo_values", "true_accept_rate"]


def curve(similarity: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the false and the true accept rates at all thresholds, from the strictest: (0, 0) to (1, 1).

    Parameters
    ----------
    similarity
        (P,) of the pairs; NaN where there is none.
    same
        (P,) bool: whether a pair is of one subject. Both kinds must be there.
    """
    values = np.where(np.isnan(similarity), -np.inf, similarity)
    order = np.argsort(-values, kind="stable")
    ordered, truth = values[order], np.asarray(same, bool)[order]
    # Equal similarities are accepted together.
    last = np.r_[np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1]
    right, wrong = np.cumsum(truth)[last], np.cumsum(~truth)[last]
    return np.r_[0.0, wrong / wrong[-1]], np.r_[0.0, right / right[-1]]


def area_under_curve(similarity: np.ndarray, same: np.ndarray) -> float:
    """Return the area under the ROC curve, in [0, 1]: how often a pair of one subject is the more similar."""
    return float(np.trapezoid(*curve(similarity, same)[::-1]))


def true_accept_rate(similarity: np.ndarray, same: np.ndarray, rate: float) -> float:
    """Return the largest true accept rate of a threshold whose false accept rate is at most ``rate``."""
    false, true = curve(similarity, same)
    return float(true[false <= rate].max())


def pseudo_values(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    similarity: np.ndarray,
    same: np.ndarray,
    fold: np.ndarray,
) -> np.ndarray:
    """Return the jackknife's pseudo-value of each fold, (F,): their spread is that of the statistic.

    F times the statistic of all pairs minus F - 1 times that of all folds but one (Efron and Tibshirani
    1993, chapter 11).
    """
    numbers = np.unique(fold)
    whole = statistic(similarity, same)
    without = [statistic(similarity[fold != number], same[fold != number]) for number in numbers]
    return len(numbers) * whole - (len(numbers) - 1) * np.array(without)
