"""The models of a lineage: one, or one a fold where a data set that it trains on is tested in folds.

On a data set with folds each test image is predicted by the model of its fold. On another data set every
model of a lineage could predict every image; the images are dealt out among the folds instead. So a lineage
has one prediction a seed and image everywhere, and its accuracy estimates the mean over its models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from engram.core.lineage import Lineage
from engram.core.seeds import derive_seed
from engram.studies.lineage.trials import StudySettings, lineages

__all__ = ["Folds", "folds_of", "models", "models_of", "predicted_by"]

#: Data set with folds -> how many.
Folds = Mapping[str, int]


def folds_of(datasets: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of folds of each data set that has some, from their settings."""
    return {name: chosen.split.folds for name, chosen in datasets.items() if chosen.split.folds is not None}


def models_of(lineage: Lineage, folds: Folds) -> list[Lineage]:
    """Return the models of a lineage: itself, or one for each fold of the data sets that it trained on.

    Data sets with folds that meet in a lineage have the same number of folds, and a model is of the same
    fold of all of them. A stage before them is shared.
    """
    count = max((folds.get(name, 0) for stage in lineage.stages for name in stage.datasets), default=0)
    return [lineage.in_fold(fold, folds) for fold in range(1, count + 1)] or [lineage]


def models(study: StudySettings, folds: Folds) -> list[Lineage]:
    """Return every model to train, each once, ancestors included, sorted."""
    return sorted({model for lineage in lineages(study) for model in models_of(lineage, folds)})


def predicted_by(
    model: Lineage, siblings: Iterable[Lineage], dataset: str, tested: pd.DataFrame
) -> np.ndarray:
    """Return (N,) bool: which of a data set's test images a model predicts.

    Parameters
    ----------
    model
        A model, of a fold or of none.
    siblings
        All models of its lineage, itself among them.
    dataset
        The data set.
    tested
        ``fold`` of the N test images: the fold that tests each, 0 where the data set has none.
    """
    if not model.fold:
        return np.ones(len(tested), dtype=bool)
    if model.fold_of(dataset):
        return tested["fold"].to_numpy() == model.fold_of(dataset)
    order = np.random.default_rng(derive_seed("folds that predict", dataset)).permutation(len(tested))
    numbers = sorted({sibling.fold for sibling in siblings})
    return np.asarray(numbers)[order % len(numbers)] == model.fold
