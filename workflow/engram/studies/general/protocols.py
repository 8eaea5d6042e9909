"""Which faces train, which choose the epoch and which are predicted: the protocols of the tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engram.core.errors import SplitError, TrainingError
from engram.core.seeds import derive_seed
from engram.data.held_out import held_out_images
from engram.data.pairs import verification_pairs
from engram.data.splitting import Split
from engram.studies.general.plan import Task
from engram.training.tasks import LabelSet

__all__ = ["Fold", "closed_set", "folds", "pairs_to_verify"]

#: One in so many subjects validates where one subject is left out.
_VALIDATING = 10


@dataclass(frozen=True)
class Fold:
    """Rows of a data set's index, ascending."""

    number: int
    """0 under protocol ``split``, else the tested subject's number in the order of names."""
    training: np.ndarray
    """Detected faces with a label."""
    validation: np.ndarray
    """Detected faces with a label, of other subjects than the tested."""
    test: np.ndarray
    """Faces with a label, the undetected too."""


def folds(task: Task, index: pd.DataFrame, split: Split) -> list[Fold]:
    """Return the folds of a task under protocol ``split`` or ``leave_one_out``.

    ``split`` has one: the data set's subsets. ``leave_one_out`` has one for each subject with a label:
    the subject's faces are tested, a tenth of the other subjects (at least one, drawn by the names of
    task and subject) validates, the rest is trained on.

    Raises
    ------
    TrainingError
        If no face has a label, none is left for training, validation or test, or a class or an
        attribute that is tested is never trained on.
    """
    labelled = _labelled(task, index)
    usable = labelled & index["detected"].to_numpy(bool)
    if task.protocol == "leave_one_out":
        found = _leave_one_out(task, index["subject"].astype(str).to_numpy(), labelled, usable)
    else:
        training, validation, test = (split.rows(subset) for subset in ("train", "validation", "test"))
        found = [Fold(0, training[usable[training]], validation[usable[validation]], test[labelled[test]])]
    for fold in found:
        _check(task, index, fold)
    return found


def _labelled(task: Task, index: pd.DataFrame) -> np.ndarray:
    try:
        labels = LabelSet.of(task.task, index)
    except TrainingError as error:
        raise TrainingError(
            f"task '{task.name}', data set '{task.dataset}': {error} "
            f"Correct 'general.targets.{task.name}.task', or give the data set this label."
        ) from None
    return labels.labelled(labels.targets(index))


def _leave_one_out(task: Task, subjects: np.ndarray, labelled: np.ndarray, usable: np.ndarray) -> list[Fold]:
    names = np.unique(subjects[labelled])
    if len(names) < 3:
        raise TrainingError(
            f"task '{task.name}': data set '{task.dataset}' has {len(names)} subjects with a label; to "
            "leave one out needs at least 3. Choose protocol 'split', or add subjects."
        )
    found = []
    for number, subject in enumerate(names):
        others = np.intersect1d(np.delete(names, number), subjects[usable])
        rng = np.random.default_rng(derive_seed("leave one out", task.name, subject))
        validating = rng.permutation(others)[: max(1, len(others) // _VALIDATING)]
        validates = np.isin(subjects, validating)
        tested = subjects == subject
        found.append(
            Fold(
                number,
                np.flatnonzero(usable & ~tested & ~validates),
                np.flatnonzero(usable & validates),
                np.flatnonzero(labelled & tested),
            )
        )
    return found


def _check(task: Task, index: pd.DataFrame, fold: Fold) -> None:
    where = f"task '{task.name}', data set '{task.dataset}'"
    if task.protocol == "leave_one_out":
        where += f", subject '{index['subject'].iloc[fold.test[0]]}' left out"
    for subset in ("training", "validation", "test"):
        if not len(getattr(fold, subset)):
            what = "" if subset == "test" else "detected "
            raise TrainingError(
                f"{where}: no {what}{subset} face has a label of '{task.task}'. "
                f"Correct 'datasets.{task.dataset}.split', or look at the data set's detection."
            )
    labels = LabelSet.of(task.task, index)
    trained, tested = (
        _known(labels, labels.targets(index.iloc[rows])) for rows in (fold.training, fold.test)
    )
    if missing := sorted(tested - trained):
        what = "attribute" if task.kind == "attributes" else "class"
        raise TrainingError(
            f"{where}: {what} '{missing[0]}' of '{task.task}' is tested, but no detected training face has "
            f"it. Add faces with it, take them out of the test, or change 'datasets.{task.dataset}.split'."
        )


def _known(labels: LabelSet, targets: np.ndarray) -> set[str]:
    """Return the classes, or the attributes with a label, that occur among targets."""
    if labels.kind == "classification":
        return {labels.names[number] for number in np.unique(targets)}
    if labels.kind == "attributes":
        known = ~np.isnan(targets).all(axis=0)
        return {name for name, there in zip(labels.names, known, strict=True) if there}
    return set()


def pairs_to_verify(task: Task, index: pd.DataFrame, split: Split) -> pd.DataFrame:
    """Return the verification pairs of the test subset's faces, as `verification_pairs` gives them.

    They depend on the data set and its split, not on a seed of training.
    """
    rows = split.rows("test")
    if not len(rows):
        raise SplitError(f"data set '{task.dataset}': its test subset is empty. Correct its split.")
    subjects = index["subject"].astype(str).to_numpy()[rows]
    return verification_pairs(subjects, rows, task.pairs, derive_seed("pairs", task.dataset), task.dataset)


def closed_set(task: Task, index: pd.DataFrame, split: Split, pairs: pd.DataFrame) -> Fold:
    """Return the fold in which a network learns to tell the training subset's subjects apart.

    Some of their images validate, see `held_out_images`. The faces of the pairs are tested.
    """
    rows = np.sort(split.rows("train"))
    rows = rows[index["detected"].to_numpy(bool)[rows]]
    subjects = index["subject"].astype(str).to_numpy()[rows]
    held_out = held_out_images(subjects, derive_seed("held out", task.dataset))
    if held_out.sum() == 0 or (~held_out).sum() == 0:
        raise TrainingError(
            f"task '{task.name}': no subject of data set '{task.dataset}' has two detected training "
            "faces, one to learn from and one to validate with. Add faces."
        )
    tested = np.unique(pairs[["first_row", "other_row"]].to_numpy())
    return Fold(0, rows[~held_out], rows[held_out], tested)
