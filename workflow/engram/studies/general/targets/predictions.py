"""Predictions of every kind of task as one frame: a row for each face, or for each pair of faces."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engram.core.labels import ATTRIBUTE_PREFIX
from engram.data.pairs import verify
from engram.training.tasks import LabelSet

__all__ = ["cosine", "face_predictions", "pair_predictions"]


def face_predictions(
    labels: LabelSet, index: pd.DataFrame, rows: np.ndarray, outputs: np.ndarray
) -> pd.DataFrame:
    """Return what a head predicts for some faces, beside the truth.

    Parameters
    ----------
    labels
        What the outputs mean.
    index
        A data set's index.
    rows
        The faces, positions in ``index``, of shape (B,).
    outputs
        (B, O), of any value where a face was not detected.

    Returns
    -------
    pandas.DataFrame
        ``row``, ``subject``, ``detected``, and by kind: ``truth``, ``prediction`` and ``score`` (the
        prediction's probability) of classes; ``truth`` and ``prediction`` of values;
        ``truth_<name>`` and ``prediction_<name>`` of each attribute. An undetected face has no
        prediction, or of a value the middle between the index's smallest and largest one.
    """
    faces = index.iloc[rows]
    detected = faces["detected"].to_numpy(bool)
    frame = pd.DataFrame(
        {
            "row": rows.astype(np.int64),
            "subject": faces["subject"].astype(str).to_numpy(),
            "detected": detected,
        }
    )
    if labels.kind == "regression":
        return frame.assign(**_values(labels, faces, detected, outputs, _middle(index[labels.task])))
    make = {"classification": _classes, "attributes": _attributes}[labels.kind]
    return frame.assign(**make(labels, faces, detected, outputs))


def _classes(
    labels: LabelSet, faces: pd.DataFrame, detected: np.ndarray, outputs: np.ndarray
) -> dict[str, np.ndarray]:
    outputs = np.where(detected[:, None], outputs, 0.0).astype(np.float64)
    odds = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    best = odds.max(axis=1) / odds.sum(axis=1)
    names = np.array(labels.names, dtype=object)[odds.argmax(axis=1)]
    return {
        "truth": faces[labels.task].astype(str).to_numpy(dtype=object),
        "prediction": np.where(detected, names, None),
        "score": np.where(detected, best, np.nan).astype(np.float32),
    }


def _values(
    labels: LabelSet, faces: pd.DataFrame, detected: np.ndarray, outputs: np.ndarray, middle: float
) -> dict[str, np.ndarray]:
    return {
        "truth": faces[labels.task].to_numpy(np.float64),
        "prediction": np.where(detected, labels.values(outputs), middle).astype(np.float64),
    }


def _middle(values: pd.Series) -> float:
    """Return the middle of a data set's own range of labels (Vielzeuf et al. 2019, section 4)."""
    return float(values.min() + values.max()) / 2


def _attributes(
    labels: LabelSet, faces: pd.DataFrame, detected: np.ndarray, outputs: np.ndarray
) -> dict[str, np.ndarray]:
    columns = {}
    for number, name in enumerate(labels.names):
        columns[f"truth_{name}"] = faces[ATTRIBUTE_PREFIX + name].to_numpy(np.float32, na_value=np.nan)
        predicted = np.where(detected, outputs[:, number] > 0, np.nan)
        columns[f"prediction_{name}"] = predicted.astype(np.float32)
    return columns


def pair_predictions(pairs: pd.DataFrame, detected: np.ndarray, similarity: np.ndarray) -> pd.DataFrame:
    """Return what similarities predict for pairs, beside the truth.

    Parameters
    ----------
    pairs
        As `engram.data.pairs.verification_pairs` gives them.
    detected
        (N,) whether each face of the data set was detected.
    similarity
        (P,) of the pairs, of any value where a face was not detected.

    Returns
    -------
    pandas.DataFrame
        ``row`` (the pair's number), ``subject`` ("fold-03"), ``detected`` (both faces), ``fold``,
        ``first_row``, ``other_row``, ``truth`` and ``prediction`` ("same" or "different"; None where
        undetected), ``score`` (the similarity).
    """
    first, other = (pairs[name].to_numpy() for name in ("first_row", "other_row"))
    both = detected[first] & detected[other]
    fold, same = pairs["fold"].to_numpy(np.int64), pairs["same"].to_numpy(bool)
    score = np.where(both, similarity, np.nan)
    called = np.where(verify(score, same, fold), "same", "different").astype(object)
    return pd.DataFrame(
        {
            "row": np.arange(len(pairs)),
            "subject": [f"fold-{number:02d}" for number in fold],
            "detected": both,
            "fold": fold,
            "first_row": first,
            "other_row": other,
            "truth": np.where(same, "same", "different").astype(object),
            "prediction": np.where(both, called, np.array(None, object)),
            "score": score.astype(np.float32),
        }
    )


def cosine(first: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the cosine (P,) of rows (P, d); 0 where one has no length."""
    first, other = first.astype(np.float64), other.astype(np.float64)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(other, axis=1)
    return (first * other).sum(axis=1) / np.where(lengths > 0, lengths, np.inf)
