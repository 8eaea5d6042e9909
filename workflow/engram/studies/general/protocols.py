"""Which faces learn, which choose the epoch and which are predicted: the protocols of the targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engram.core.errors import SplitError, TrainingError
from engram.core.seeds import derive_seed
from engram.data.held_out import held_out_images
from engram.data.pairs import verification_pairs
from engram.data.splitting import Split
from engram.studies.general.plan import GeneralTask
from engram.training.tasks import LabelSet

__all__ = ["Fold", "closed_set", "folds", "pairs_to_verify"]

#: Of so many persons, one validates where one person is left out.
_VALIDATING = 10


@dataclass(frozen=True)
class Fold:
    """Rows of a data set's index, ascending."""

    number: int
    """0 under protocol ``split``, else the tested person's number in the order of names."""
    training: np.ndarray
    """Detected faces with a label."""
    validation: np.ndarray
    """Detected faces with a label, of other persons than the tested."""
    test: np.ndarray
    """Faces with a label, the undetected too."""


def folds(item: GeneralTask, index: pd.DataFrame, split: Split) -> list[Fold]:
    """Return the folds of a piece of knowledge under protocol ``split`` or ``leave_one_out``.

    ``split`` has one: the data set's subsets. ``leave_one_out`` has one a person who has a label: the
    person's faces are tested, a tenth of the other persons (at least one, drawn by the names of
    knowledge and person) validate, the rest learn.

    Raises
    ------
    TrainingError
        If no face has a label, none is left for learning, validation or test, or a class or an
        attribute that is tested is never trained on.
    """
    labelled = _labelled(item, index)
    usable = labelled & index["detected"].to_numpy(bool)
    if item.protocol == "leave_one_out":
        found = _leave_one_out(item, index["subject"].astype(str).to_numpy(), labelled, usable)
    else:
        training, validation, test = (split.rows(subset) for subset in ("train", "validation", "test"))
        found = [Fold(0, training[usable[training]], validation[usable[validation]], test[labelled[test]])]
    for fold in found:
        _check(item, index, fold)
    return found


def _labelled(item: GeneralTask, index: pd.DataFrame) -> np.ndarray:
    try:
        labels = LabelSet.of(item.task, index)
    except TrainingError as error:
        raise TrainingError(
            f"knowledge '{item.name}', data set '{item.dataset}': {error} "
            f"Correct 'general.targets.{item.name}.task', or give the data set this label."
        ) from None
    return labels.labelled(labels.targets(index))


def _leave_one_out(
    item: GeneralTask, subjects: np.ndarray, labelled: np.ndarray, usable: np.ndarray
) -> list[Fold]:
    persons = np.unique(subjects[labelled])
    if len(persons) < 3:
        raise TrainingError(
            f"knowledge '{item.name}': data set '{item.dataset}' has {len(persons)} persons with a label; to "
            "leave one out needs at least 3. Choose protocol 'split', or add persons."
        )
    found = []
    for number, person in enumerate(persons):
        others = np.intersect1d(np.delete(persons, number), subjects[usable])
        rng = np.random.default_rng(derive_seed("leave one out", item.name, person))
        validating = rng.permutation(others)[: max(1, len(others) // _VALIDATING)]
        validates = np.isin(subjects, validating)
        tested = subjects == person
        found.append(
            Fold(
                number,
                np.flatnonzero(usable & ~tested & ~validates),
                np.flatnonzero(usable & validates),
                np.flatnonzero(labelled & tested),
            )
        )
    return found


def _check(item: GeneralTask, index: pd.DataFrame, fold: Fold) -> None:
    where = f"knowledge '{item.name}', data set '{item.dataset}'"
    if item.protocol == "leave_one_out":
        where += f", person '{index['subject'].iloc[fold.test[0]]}' left out"
    for subset in ("training", "validation", "test"):
        if not len(getattr(fold, subset)):
            what = "" if subset == "test" else "detected "
            raise TrainingError(
                f"{where}: no {what}{subset} face has a label of '{item.task}'. "
                f"Correct 'datasets.{item.dataset}.split', or look at the data set's detection."
            )
    labels = LabelSet.of(item.task, index)
    trained, tested = (
        _answers(labels, labels.targets(index.iloc[rows])) for rows in (fold.training, fold.test)
    )
    if missing := sorted(tested - trained):
        what = "attribute" if item.kind == "attributes" else "class"
        raise TrainingError(
            f"{where}: {what} '{missing[0]}' of '{item.task}' is tested, but no detected training face has "
            f"it. Add faces with it, take them out of the test, or change 'datasets.{item.dataset}.split'."
        )


def _answers(labels: LabelSet, targets: np.ndarray) -> set[str]:
    """Return the classes, or the attributes with a label, that stand among targets."""
    if labels.kind == "classification":
        return {labels.names[number] for number in np.unique(targets)}
    if labels.kind == "attributes":
        known = ~np.isnan(targets).all(axis=0)
        return {name for name, there in zip(labels.names, known, strict=True) if there}
    return set()


def pairs_to_verify(item: GeneralTask, index: pd.DataFrame, split: Split) -> pd.DataFrame:
    """Return the verification pairs of the test subset's faces, as `verification_pairs` gives them.

    They depend on the data set and its split, not on a seed of training.
    """
    rows = split.rows("test")
    if not len(rows):
        raise SplitError(f"data set '{item.dataset}': its test subset is empty. Correct its split.")
    subjects = index["subject"].astype(str).to_numpy()[rows]
    return verification_pairs(subjects, rows, item.pairs, derive_seed("pairs", item.dataset), item.dataset)


def closed_set(item: GeneralTask, index: pd.DataFrame, split: Split, pairs: pd.DataFrame) -> Fold:
    """Return the fold in which a network learns to tell the training subset's persons.

    Images of theirs validate, by `held_out_images`. The faces of the pairs are tested.
    """
    rows = np.sort(split.rows("train"))
    rows = rows[index["detected"].to_numpy(bool)[rows]]
    subjects = index["subject"].astype(str).to_numpy()[rows]
    held_out = held_out_images(subjects, derive_seed("held out", item.dataset))
    if held_out.sum() == 0 or (~held_out).sum() == 0:
        raise TrainingError(
            f"knowledge '{item.name}': no person of data set '{item.dataset}' has two detected training "
            "faces, one to learn from and one to validate with. Add faces."
        )
    tested = np.unique(pairs[["first_row", "other_row"]].to_numpy())
    return Fold(0, rows[~held_out], rows[held_out], tested)
