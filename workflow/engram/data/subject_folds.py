"""Folds: every subject is tested once, by models that were trained and chosen on other subjects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engram.config import SplitSettings
from engram.core.errors import SplitError
from engram.core.seeds import derive_seed
from engram.data.manifest import SUBSETS
from engram.data.subject_choice import choose_folds, choose_subsets

__all__ = ["DataName", "count_labels", "subsets_by_fold", "too_few"]


@dataclass(frozen=True)
class DataName:
    """A data set's name and the part of the configuration that its settings stand in, for messages."""

    name: str
    group: str = "datasets"

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def setting(self) -> str:
        """Where its settings stand."""
        return f"{self.group}.{self.name}"


def subsets_by_fold(rows: pd.DataFrame, settings: SplitSettings, name: DataName) -> Iterator[np.ndarray]:
    """Yield the subset of each row in each fold.

    The subjects of a fold test. Of the others some validate, with as many images as
    ``settings.validation`` says of all images; the rest train.

    Raises
    ------
    SplitError
        If there are fewer subjects than folds need, or for ``leave_one_out`` not as many.
    """
    subjects, counts = count_labels(rows)
    folds = settings.folds or 0
    _require_subjects(len(counts), settings, name)
    tested = choose_folds(counts, folds, derive_seed("folds", settings.seed))
    for fold in range(folds):
        rest = np.flatnonzero(tested != fold)
        if len(rest) < 2:
            raise too_few(name, len(counts), f"fold {fold + 1} leaves only one to train and to validate")
        share = settings.validation * counts.sum() / counts[rest].sum()
        if not 0 < share < 1:
            raise SplitError(
                f"Data set '{name}', fold {fold + 1}: a fraction of {settings.validation:g} for validation "
                f"leaves nothing to train or to validate on. Correct '{name.setting}.split.validation'."
            )
        seed = derive_seed("fold validation", settings.seed, fold + 1)
        plan = np.full(len(counts), SUBSETS.index("test"))
        plan[rest] = choose_subsets(counts[rest], np.array([1 - share, share]), seed)
        yield np.array(SUBSETS)[plan[subjects]]


def count_labels(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's subject as a number, (N,), and the rows a subject and class, (S, C)."""
    subjects, names = pd.factorize(rows["subject"], sort=True)
    labels, classes = pd.factorize(rows["label"], sort=True)
    counts = np.zeros((len(names), len(classes)), dtype=np.int64)
    np.add.at(counts, (subjects, labels), 1)
    return subjects, counts


def _require_subjects(subjects: int, settings: SplitSettings, name: DataName) -> None:
    folds = settings.folds or 0
    if settings.scheme == "leave_one_out" and subjects != folds:
        raise SplitError(
            f"Data set '{name}' has {subjects} subjects with labels; to leave one out needs a fold for each. "
            f"Set '{name.setting}.split.folds' to {subjects}."
        )
    if subjects < max(folds, 3):
        raise too_few(name, subjects, f"{folds} folds need at least {max(folds, 3)}")


def too_few(name: DataName, subjects: int, why: str) -> SplitError:
    """Return the error that a data set has too few subjects."""
    return SplitError(
        f"Data set '{name}' has {subjects} subjects with labels; {why}. Add subjects, or change "
        f"'{name.setting}.split'."
    )
