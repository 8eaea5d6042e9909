"""Which faces train, which choose the epoch and which are predicted: the protocols of the tasks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engram.core.errors import SplitError, TrainingError, UnsolvableError
from engram.core.seeds import derive_seed
from engram.data.held_out import held_out_images
from engram.data.pairs import official_pairs, verification_pairs
from engram.data.splitting import Split
from engram.studies.general.task_plan import Task
from engram.training.tasks import LabelSet

__all__ = [
    "Fold",
    "closed_set",
    "folds",
    "pairs_to_choose",
    "pairs_to_verify",
    "plan_folds",
    "what_is_left_out",
]

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
    """Return the folds of a task; see `plan_folds`."""
    return plan_folds(task, index, split)[0]


def plan_folds(task: Task, index: pd.DataFrame, split: Split) -> tuple[list[Fold], list[str]]:
    """Return the folds of a task under protocol ``split`` or ``leave_one_out``, and what is left out of them.

    ``split`` has one: the data set's subsets. ``leave_one_out`` has one for each subject with a label:
    the subject's faces are tested, a tenth of the other subjects (at least one, drawn by the names of
    task and subject) validates, the rest is trained on. A class that no detected training face of a fold
    has is not tested there, and a subject whose fold cannot be trained is not tested: the second value
    says so, a sentence each. With ``folds`` several subjects are left out at once.

    Raises
    ------
    UnsolvableError
        If no face has a label, or none is left for training, validation or test.
    """
    labelled = _labelled(task, index)
    usable = labelled & index["detected"].to_numpy(bool)
    if task.protocol == "leave_one_out":
        found = _leave_one_out(task, index["subject"].astype(str).to_numpy(), labelled, usable)
    else:
        training, validation, test = (split.rows(subset) for subset in ("train", "validation", "test"))
        found = [Fold(0, training[usable[training]], validation[usable[validation]], test[labelled[test]])]
    untrained: Counter[str] = Counter()
    kept = []
    for fold in found:
        fold = _learnable(task, index, fold)
        if missing := _missing(fold):
            if task.protocol == "split":
                raise _no_face(task, missing)
            continue
        tested, dropped = _tested(task, index, fold)
        untrained += dropped
        if len(tested):
            kept.append(replace(fold, test=tested))
    if not kept:
        raise _no_face(task, "training" if task.protocol == "leave_one_out" else "test")
    return kept, _left_out(task, untrained, len(found) - len(kept))


def _labelled(task: Task, index: pd.DataFrame) -> np.ndarray:
    try:
        labels = LabelSet.from_rows(task.task, index)
    except TrainingError as error:
        raise UnsolvableError(
            f"{_where(task)}: {error} Correct '{_setting(task)}.task', or give the data set this label."
        ) from None
    return labels.labelled(labels.targets(index))


def _where(task: Task) -> str:
    return f"task '{task.name}', data set '{task.dataset}'"


def _setting(task: Task) -> str:
    """Return where the configuration has the task."""
    return f"general.encoders.{task.encoder}" if task.encoder else f"general.targets.{task.name}"


def _leave_one_out(task: Task, subjects: np.ndarray, labelled: np.ndarray, usable: np.ndarray) -> list[Fold]:
    names = np.unique(subjects[labelled])
    if len(names) < 3:
        raise UnsolvableError(
            f"{_where(task)}: {len(names)} subjects have a label; to leave one out needs at least 3. "
            f"Set '{_setting(task)}.protocol' to 'split', or add subjects."
        )
    found = []
    for number, left in enumerate(_groups(task, names)):
        others = np.intersect1d(np.setdiff1d(names, left), subjects[usable])
        rng = np.random.default_rng(derive_seed("leave one out", task.name, left[0]))
        validating = rng.permutation(others)[: max(1, len(others) // _VALIDATING)]
        validates = np.isin(subjects, validating)
        tested = np.isin(subjects, left)
        found.append(
            Fold(
                number,
                np.flatnonzero(usable & ~tested & ~validates),
                np.flatnonzero(usable & validates),
                np.flatnonzero(labelled & tested),
            )
        )
    return found


def _groups(task: Task, names: np.ndarray) -> list[np.ndarray]:
    """Return the subjects that are left out together: each alone, or those of each of the task's folds.

    They are dealt by the data set's name, so that its tasks have the same folds.
    """
    if task.folds is None or task.folds >= len(names):
        return [names[place : place + 1] for place in range(len(names))]
    rng = np.random.default_rng(derive_seed("folds of subjects", task.dataset))
    return [np.sort(group) for group in np.array_split(rng.permutation(names), task.folds)]


def _missing(fold: Fold) -> str:
    """Return the first subset that has no face, or nothing."""
    return next((name for name in ("training", "validation", "test") if not len(getattr(fold, name))), "")


def _no_face(task: Task, subset: str) -> UnsolvableError:
    what = "" if subset == "test" else "detected "
    return UnsolvableError(
        f"{_where(task)}: no {what}{subset} face has a label of '{task.task}' that can be learnt. "
        f"Correct 'datasets.{task.dataset}.split', look at the data set's detection, or take "
        f"'{_setting(task)}' out."
    )


def _learnable(task: Task, index: pd.DataFrame, fold: Fold) -> Fold:
    """Return the fold without faces whose every label is of an attribute that no training face has."""
    if task.kind != "attributes" or not len(fold.training):
        return fold
    labels = LabelSet.from_rows(task.task, index.iloc[fold.training])
    known = labels.labelled(labels.targets(index))
    return replace(fold, validation=fold.validation[known[fold.validation]], test=fold.test[known[fold.test]])


def _tested(task: Task, index: pd.DataFrame, fold: Fold) -> tuple[np.ndarray, Counter[str]]:
    """Return the test rows whose class is trained on, and how many of each other class there are."""
    if task.kind != "classification":
        return fold.test, Counter()
    words = index[task.task].astype(object).to_numpy()
    trained = np.isin(words[fold.test].astype(str), np.unique(words[fold.training].astype(str)))
    return fold.test[trained], Counter(words[fold.test[~trained]].tolist())


def _left_out(task: Task, untrained: Counter[str], subjects: int) -> list[str]:
    """Say which classes and subjects are not tested."""
    notes = [
        f"class '{name}' of '{task.task}' is not tested ({count} face{'s' * (count > 1)}): no detected "
        "training face has it"
        for name, count in sorted(untrained.items())
    ]
    if subjects:
        notes.append(
            f"{subjects} subject{'s' * (subjects > 1)} not tested: no other subject can train for them"
        )
    return notes


def pairs_to_verify(task: Task, index: pd.DataFrame, split: Split) -> pd.DataFrame:
    """Return the verification pairs of the test subset's faces, as `verification_pairs` gives them.

    They depend on the data set and its split, not on a seed of training. Official ones are the owners', as
    `engram.data.pairs.official_pairs` reads them.

    Raises
    ------
    UnsolvableError
        If its subjects are too few, or official pairs are missing or stand in a subset that is learnt from.
    """
    if task.pairs == "official":
        return _official(task, index, split)
    return _pairs(task, index, split.rows("test"), "test", derive_seed("pairs", task.dataset))


def pairs_to_choose(task: Task, index: pd.DataFrame, split: Split) -> pd.DataFrame:
    """Return the verification pairs that choose encoders: of the validation subset's faces.

    ``index`` and ``split`` are those of the data set that the task learns on. Of the training subset's where
    those subjects are too few for two folds.

    Raises
    ------
    UnsolvableError
        If both are too few.
    """
    seed = derive_seed("selection", task.learnt_on)
    try:
        return _pairs(task, index, split.rows("validation"), "validation", seed)
    except UnsolvableError:
        return _pairs(task, index, split.rows("train"), "train", seed)


def _pairs(task: Task, index: pd.DataFrame, rows: np.ndarray, subset: str, seed: int) -> pd.DataFrame:
    subjects = index["subject"].astype(str).to_numpy()[rows]
    name = task.dataset if subset == "test" else task.learnt_on
    try:
        return verification_pairs(subjects, rows, task.pair_count, seed, name, subset)
    except SplitError as error:
        raise UnsolvableError(f"task '{task.name}': {error}") from None


def _official(task: Task, index: pd.DataFrame, split: Split) -> pd.DataFrame:
    try:
        pairs = official_pairs(index, task.dataset)
    except SplitError as error:
        raise UnsolvableError(f"task '{task.name}': {error}") from None
    known = np.concatenate([split.rows("train"), split.rows("validation")])
    met = set(index["subject"].iloc[known]) & set(index["subject"].iloc[np.unique(pairs.iloc[:, 1:3])])
    if met and task.trained_on is None:
        raise UnsolvableError(
            f"{_where(task)}: subject '{min(met)}' of the official pairs is in the training or validation "
            f"subset. Set 'datasets.{task.dataset}.split' to {{scheme: official_test, test: 0}}."
        )
    return pairs


def closed_set(task: Task, index: pd.DataFrame, split: Split, pairs: pd.DataFrame) -> Fold:
    """Return the fold in which a network learns to tell the training subset's subjects apart.

    ``index`` and ``split`` are those of the data set that the task learns on. Of many faces,
    ``task.trained_faces`` are taken, subject after subject in a random order. Some of their images validate,
    see `held_out_images`. The faces of the pairs are tested: rows of the task's own data set.

    Raises
    ------
    UnsolvableError
        If no training subject has two detected faces.
    """
    rows = np.sort(split.rows("train"))
    rows = rows[index["detected"].to_numpy(bool)[rows]]
    subjects = index["subject"].astype(str).to_numpy()[rows]
    if task.trained_faces is not None and len(rows) > task.trained_faces:
        rows = rows[_some_subjects(task, subjects)]
        subjects = index["subject"].astype(str).to_numpy()[rows]
    held_out = held_out_images(subjects, derive_seed("held out", task.learnt_on))
    if held_out.sum() == 0 or (~held_out).sum() == 0:
        raise UnsolvableError(
            f"{_where(task)}: no subject of '{task.learnt_on}' has two detected training faces, one to learn "
            f"from and one to validate with. Add faces, or take '{_setting(task)}' out."
        )
    tested = np.unique(pairs[["first_row", "other_row"]].to_numpy())
    return Fold(0, rows[~held_out], rows[held_out], tested)


def _some_subjects(task: Task, subjects: np.ndarray) -> np.ndarray:
    """Return which of the faces (N,) are of the first subjects, in a random order, with enough faces."""
    names, owners, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    order = np.random.default_rng(derive_seed("trained faces", task.learnt_on)).permutation(len(names))
    fits = np.zeros(len(names), dtype=bool)
    fits[order] = np.cumsum(counts[order]) <= (task.trained_faces or 0)
    return fits[owners]


def what_is_left_out(
    task: Task, index: pd.DataFrame, split: Split, learnt: tuple[pd.DataFrame, Split] | None = None
) -> list[str]:
    """Return what of a task cannot be tested, a sentence each; nothing if all of it can.

    ``learnt`` are index and split of the data set that the task learns on, where that is another.

    Raises
    ------
    UnsolvableError
        If it cannot be solved at all. The message names task, data set, class or subset, and the way out.
    """
    if task.protocol != "pairs":
        return plan_folds(task, index, split)[1]
    own = (index, split) if learnt is None else learnt
    closed_set(task, *own, pairs_to_verify(task, index, split))
    if task.role == "target":
        pairs_to_choose(task, *own)
    return []
