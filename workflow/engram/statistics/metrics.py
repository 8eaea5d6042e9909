"""Accuracy, macro-F1 and confusion, by their usual definitions; an undetected face is a wrong answer.

All three take whole batches: the images lie on the last axis, models and seeds before it.
"""

from __future__ import annotations

import numpy as np

__all__ = ["accuracy", "confusion", "macro_f1"]


def accuracy(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the fraction of right answers, in [0, 1].

    Parameters
    ----------
    truth
        (N,) true classes as indices.
    predicted
        (..., N) predicted classes; a negative one is an undetected face and counts as wrong.

    Returns
    -------
    numpy.ndarray
        Shape (...).
    """
    return (np.asarray(predicted) == np.asarray(truth)).mean(axis=-1)


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count the images of each true class (rows) that got each answer (columns).

    Parameters
    ----------
    truth
        (N,) true classes as indices.
    predicted
        (..., N) predicted classes; negative for an undetected face.
    classes
        C, the number of classes.

    Returns
    -------
    numpy.ndarray
        Shape (..., C, C + 1), integers; the last column counts undetected faces.
    """
    predicted = np.asarray(predicted)
    answers = np.where(predicted < 0, classes, predicted).astype(np.int64)
    batch, images = predicted.shape[:-1], predicted.shape[-1]
    answers = answers.reshape(-1, images)
    cells = classes * (classes + 1)
    # Every table gets its own range of cells, so that one bincount serves all of them.
    flat = np.arange(len(answers))[:, None] * cells + np.asarray(truth) * (classes + 1) + answers
    counts = np.bincount(flat.ravel(), minlength=len(answers) * cells)
    return counts.reshape(*batch, classes, classes + 1)


def macro_f1(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return the mean over classes of F1 = 2 TP / (2 TP + FP + FN), in [0, 1].

    The mean is over the classes that occur in ``truth``: a data set may lack some of the
    label set. An undetected face is a false negative of its class and no false positive.
    Parameters and shapes are those of `confusion`; the result has shape (...).
    """
    counts = confusion(truth, predicted, classes)
    hits = np.diagonal(counts[..., :classes], axis1=-2, axis2=-1)
    actual = counts.sum(axis=-1)
    answered = counts[..., :classes].sum(axis=-2)
    present = np.unique(truth)
    # 2 TP + FP + FN is the number of images of the class plus the number of answers of the class.
    return (2 * hits / np.maximum(actual + answered, 1))[..., present].mean(axis=-1)
