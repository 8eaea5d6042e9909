"""Baselines that learn nothing deep: one answer for all faces, and a linear model on gradients (HOG)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch

from engram.core.arrays import Faces
from engram.studies.general.targets.protocols import Fold
from engram.training.tasks import LabelSet

__all__ = ["Solved", "constant", "gradients", "linear", "principal_gradients"]

#: Side of the face whose gradients are counted, and of a block, a cell and a step in it; bins of directions.
_SIDE, _BLOCK, _CELL, _BINS = 64, 16, 8, 9
#: Most principal components that are kept of the gradients.
_COMPONENTS = 100
#: Inverse strengths of the penalty that validation chooses among.
_STRENGTHS = (0.001, 0.01, 0.1, 1.0)


@dataclass(frozen=True)
class Solved:
    """What a baseline answers in a fold."""

    outputs: np.ndarray
    """(N, O) as a head's: of classes or attributes logits, of a regression standardised values."""
    score: float
    """On validation faces, more being better: accuracy, or minus the mean error."""


def constant(labels: LabelSet, targets: np.ndarray, fold: Fold, faces: int) -> Solved:
    """Answer every face alike: the commonest class, the median, each attribute's commoner value.

    Parameters
    ----------
    targets
        As `LabelSet.targets` gives them for all ``faces`` faces of the data set.
    """
    known = targets[fold.training]
    if labels.kind == "classification":
        outputs = np.log(np.bincount(known, minlength=labels.outputs) + 1e-6)
    elif labels.kind == "regression":
        outputs = np.array([np.median(known)])
    else:
        outputs = np.nanmean(known, axis=0) - 0.5
    filled = np.repeat(outputs[None].astype(np.float32), faces, axis=0)
    return Solved(filled, _score(labels, filled, targets, fold.validation))


def gradients(faces: Faces, rows: np.ndarray) -> np.ndarray:
    """Return histograms of oriented gradients (Dalal and Triggs 2005) of stored faces.

    ``faces`` is uint8 (N, H, W, 3), ``rows`` (B,); the result (N, 1764) float32 is zero elsewhere.
    """
    describe = cv2.HOGDescriptor((_SIDE,) * 2, (_BLOCK,) * 2, (_CELL,) * 2, (_CELL,) * 2, _BINS)
    found = np.zeros((len(faces), describe.getDescriptorSize()), np.float32)
    for row in rows:
        grey = cv2.cvtColor(np.asarray(faces[row]), cv2.COLOR_RGB2GRAY)
        smaller = grey.shape[0] > _SIDE
        method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        resized = cv2.resize(grey, (_SIDE,) * 2, interpolation=method)
        found[row] = np.asarray(describe.compute(resized)).ravel()
    return found


def principal_gradients(features: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the principal components of all rows of ``features``, found on the rows ``known``."""
    # Imported here and below, since it takes a second that tasks without this baseline do not need.
    from sklearn.decomposition import PCA

    pca = PCA(min(_COMPONENTS, len(known) - 1, features.shape[1]), svd_solver="full").fit(features[known])
    return pca.transform(features).astype(np.float32)


def linear(labels: LabelSet, targets: np.ndarray, fold: Fold, features: np.ndarray) -> Solved:
    """Solve a fold by principal components and a linear model; validation chooses its penalty.

    Logistic regression of classes and of each attribute, ridge regression of a value.
    """
    components = principal_gradients(features, fold.training)
    fit = {"classification": _classes, "regression": _values, "attributes": _attributes}[labels.kind]
    tried = [
        Solved(outputs, _score(labels, outputs, targets, fold.validation))
        for outputs in (fit(labels, targets, fold, components, strength) for strength in _STRENGTHS)
    ]
    return max(tried, key=lambda solved: solved.score)


def _classes(
    labels: LabelSet, targets: np.ndarray, fold: Fold, features: np.ndarray, strength: float
) -> np.ndarray:
    return _logits(targets[fold.training], labels.outputs, fold, features, strength)


def _logits(known: np.ndarray, outputs: int, fold: Fold, features: np.ndarray, strength: float) -> np.ndarray:
    """Return (N, outputs): logarithms of probabilities; of a class without training faces a very low one."""
    logits = np.full((len(features), outputs), -30.0, np.float32)
    classes = np.unique(known)
    if len(classes) == 1:
        logits[:, classes] = 0.0
        return logits
    from sklearn.linear_model import LogisticRegression

    model = _fitted(LogisticRegression(C=strength, max_iter=1000), features[fold.training], known)
    logits[:, classes] = np.log(np.clip(model.predict_proba(features), 1e-12, 1.0))
    return logits


def _values(
    labels: LabelSet, targets: np.ndarray, fold: Fold, features: np.ndarray, strength: float
) -> np.ndarray:
    from sklearn.linear_model import Ridge

    model = _fitted(Ridge(alpha=1 / strength), features[fold.training], targets[fold.training])
    return model.predict(features).astype(np.float32)[:, None]


def _fitted(model: Any, features: np.ndarray, known: np.ndarray) -> Any:
    """Return a linear model of standardised features, fitted."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), model).fit(features, known)


def _attributes(
    labels: LabelSet, targets: np.ndarray, fold: Fold, features: np.ndarray, strength: float
) -> np.ndarray:
    columns = []
    for number in range(labels.outputs):
        known = ~np.isnan(targets[fold.training, number])
        mine = Fold(fold.number, fold.training[known], fold.validation, fold.test)
        values = targets[mine.training, number].astype(np.int64)
        logits = _logits(values, 2, mine, features, strength)
        columns.append(logits[:, 1] - logits[:, 0])
    return np.stack(columns, axis=1)


def _score(labels: LabelSet, outputs: np.ndarray, targets: np.ndarray, rows: np.ndarray) -> float:
    """Return the mean score on some rows, as a head's is."""
    scores = labels.scores(torch.from_numpy(outputs[rows]), torch.from_numpy(targets[rows]))
    return float(scores.mean())
