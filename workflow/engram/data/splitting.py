"""Which rows train, validate and test, with subjects kept apart, and nested fractions of training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engram.config import SplitSettings
from engram.core.errors import SplitError
from engram.core.labels import ATTRIBUTE_PREFIX, CLASSES, kind_of
from engram.core.seeds import derive_seed
from engram.data.manifest import SUBSETS
from engram.data.split import COLUMNS, Split, read_split, validate_split, write_split
from engram.data.subject_choice import choose_subsets
from engram.data.subject_folds import DataName, count_labels, subsets_by_fold, too_few
from engram.data.takes import choose_whole, fraction_units, nested_ranks, take_units

__all__ = ["Split", "make_split", "read_split", "write_split"]

#: The printed sizes decide the test subset; classes only break ties.
PUBLISHED_SIZE_WEIGHT = 1000.0


def make_split(
    index: pd.DataFrame, settings: SplitSettings, task: str | None, name: str, group: str = "datasets"
) -> pd.DataFrame:
    """Return the subset of every row that has a label of ``task``, in every fold if there are some.

    Parameters
    ----------
    index
        The index of the stored faces (or a manifest): ``subject``, the task's column, ``x_take`` where
        takes are known, and for the schemes ``official`` and ``official_test`` the column
        ``official_split``.
    settings
        Scheme, folds, shares or sizes, seed.
    task
        One of `engram.core.labels.TARGET_TASKS`. Subsets are balanced by its classes, or by
        quarters of a regression task's values; ``identity`` and ``attributes`` have no classes. None for
        rows without classes, such as sentences: all of them stand in a subset.
    name
        The data set's name, for messages.
    group
        The part of the configuration that its settings stand in, for messages.

    Returns
    -------
    pandas.DataFrame
        ``row`` (position in ``index``), ``subject``, ``subset``; ``rank``, for training rows the place
        at which the row's unit begins in an order of which every beginning keeps the shares of the classes,
        -1 elsewhere; ``scheme``; and ``fold``, from 1, or 0 without folds. Rows without a label
        stand in no subset. It depends on nothing but the arguments.

    Raises
    ------
    SplitError
        If there are too few subjects, a size cannot be had, or a class would not be trained on.
    """
    named = DataName(name, group)
    rows = _labelled(index, task, named)
    if settings.folds is not None:
        subsets = dict(enumerate(subsets_by_fold(rows, settings, named), start=1))
    else:
        makers = {
            "subject": _by_subject,
            "published": _by_sizes,
            "official": _by_owners,
            "official_test": _by_owners_test,
        }
        subsets = {0: makers[settings.scheme](rows, index, settings, named)}
    parts = [rows.assign(subset=subset, fold=fold) for fold, subset in subsets.items()]
    for part in parts:
        _check_classes(part, settings, task, named)
        part["rank"] = _ranks(part, settings.seed)
    split = pd.concat(parts, ignore_index=True).assign(scheme=settings.scheme)[COLUMNS]
    validate_split(split, f"Data set '{name}'")
    return split


def _labelled(index: pd.DataFrame, task: str | None, name: DataName) -> pd.DataFrame:
    if task is not None and _unlabelled(index, task):
        raise SplitError(f"Data set '{name}' has no labels of task '{task}'. Correct '{name.setting}.task'.")
    rows = pd.DataFrame({"row": np.arange(len(index)), "subject": index["subject"].to_numpy(dtype=str)})
    rows["label"] = "any" if task is None else _strata(index, task)
    rows["take"] = index["x_take"].to_numpy(dtype=object) if "x_take" in index else None
    return rows[rows["label"].notna()].reset_index(drop=True)


def _unlabelled(index: pd.DataFrame, task: str) -> bool:
    column = _label_column(index, task)
    return column not in index or not index[column].notna().any()


def _label_column(index: pd.DataFrame, task: str) -> str:
    """Return the column that tells whether a row has labels of a task."""
    if kind_of(task) == "attributes":
        return next((name for name in index if str(name).startswith(ATTRIBUTE_PREFIX)), ATTRIBUTE_PREFIX)
    return "subject" if kind_of(task) == "identity" else task


def _strata(index: pd.DataFrame, task: str) -> np.ndarray:
    """Return what subsets are balanced by: classes, quarters of a range, or nothing."""
    labels = index[_label_column(index, task)]
    if kind_of(task) == "classification":
        return labels.to_numpy()
    if kind_of(task) == "regression":
        quarters = (labels.rank(pct=True) * 4).apply(np.ceil)
        return quarters.map("quarter {:.0f}".format, na_action="ignore").to_numpy()
    return np.where(labels.notna(), np.array("any", dtype=object), np.array(None))


def _by_subject(
    rows: pd.DataFrame, index: pd.DataFrame, settings: SplitSettings, name: DataName
) -> np.ndarray:
    """Subjects apart in all subsets; the sizes are the nearest that whole subjects allow."""
    if settings.sizes is not None:
        _, validation, test = (size / len(rows) for size in settings.sizes)
    else:
        validation, test = settings.validation, settings.test
    kept = np.array([subset not in settings.without for subset in SUBSETS])
    if settings.scheme == "official_test" and settings.test == 0:
        kept[2] = False
    if kept.sum() == 1:
        return np.full(len(rows), np.array(SUBSETS)[kept][0], dtype=object)
    if settings.without:
        # What is left out leaves its fraction to training.
        validation, test = validation * kept[1], test * kept[2]
    shares = np.array([1 - validation - test, validation, test])[kept]
    if "train" in settings.without:
        shares = shares / shares.sum()
    if (shares <= 0).any():
        raise SplitError(
            f"Data set '{name}': training, validation and test must each get a share, not "
            f"{', '.join(f'{share:g}' for share in shares)}. Correct '{name.setting}.split'."
        )
    subjects, counts = count_labels(rows)
    needed = len(shares) if settings.without else 3
    if len(counts) < needed:
        raise too_few(name, len(counts), "training, validation and test need at least 3")
    weight = {} if settings.sizes is None else {"size_weight": PUBLISHED_SIZE_WEIGHT}
    plan = choose_subsets(counts, shares, derive_seed("split", settings.seed), **weight)
    return np.array(SUBSETS)[kept][plan[subjects]]


def _by_sizes(rows: pd.DataFrame, index: pd.DataFrame, settings: SplitSettings, name: DataName) -> np.ndarray:
    """Test subjects apart, nearest to the printed size; validation drawn from the rest by whole takes."""
    _, validation, test = settings.sizes or (0, 0, 0)
    share = test / len(rows)
    if not 0 < share < 1:
        raise SplitError(
            f"Data set '{name}' has {len(rows)} labelled images, which does not allow {test} for test. "
            f"Correct '{name.setting}.split.sizes'."
        )
    subjects, counts = count_labels(rows)
    if len(counts) < 3:
        raise too_few(name, len(counts), "training, validation and test need at least 3")
    seed, shares = derive_seed("split", settings.seed), np.array([1 - share, share])
    plan = choose_subsets(counts, shares, seed, size_weight=PUBLISHED_SIZE_WEIGHT)
    subset = np.where(plan[subjects] == 1, "test", "train").astype(object)
    rest = np.flatnonzero(subset == "train")
    if not 0 < validation < len(rest):
        raise SplitError(
            f"Data set '{name}': {validation} validation images cannot be drawn from the {len(rest)} that "
            f"are not for test. Correct '{name.setting}.split.sizes'."
        )
    drawn = rows.iloc[rest]
    labels, seed = drawn["label"].to_numpy(), derive_seed("validation", settings.seed)
    subset[rest[choose_whole(take_units(drawn), labels, validation, seed)]] = "validation"
    return subset


def _by_owners(
    rows: pd.DataFrame, index: pd.DataFrame, settings: SplitSettings, name: DataName
) -> np.ndarray:
    subset = _owners_subsets(rows, index, name)
    if pd.isna(subset).any():
        row = int(rows["row"][int(pd.isna(subset).argmax())])
        raise SplitError(
            f"Data set '{name}', row {row}: 'official_split' is empty. Write train, validation or test."
        )
    return subset


def _by_owners_test(
    rows: pd.DataFrame, index: pd.DataFrame, settings: SplitSettings, name: DataName
) -> np.ndarray:
    """Take the owners' test rows, and part the rest, whether they gave it a subset or not."""
    subset = np.where(_owners_subsets(rows, index, name) == "test", "test", "").astype(object)
    rest = subset != "test"
    if rest.all():
        raise SplitError(
            f"Data set '{name}': 'official_split' says test nowhere. Correct it, or set "
            f"'{name.setting}.split.scheme' to 'subject'."
        )
    subset[rest] = _by_subject(rows[rest], index, settings, name)
    return subset


def _owners_subsets(rows: pd.DataFrame, index: pd.DataFrame, name: DataName) -> np.ndarray:
    """Return what the column ``official_split`` says of each row."""
    if "official_split" not in index:
        raise SplitError(
            f"Data set '{name}' has no official split. Set '{name.setting}.split.scheme' to 'subject', "
            "or add the column 'official_split'."
        )
    return index["official_split"].to_numpy()[rows["row"]]


def _check_classes(rows: pd.DataFrame, settings: SplitSettings, task: str | None, name: DataName) -> None:
    fold = int(rows["fold"].iloc[0])
    where = f"Data set '{name}', fold {fold}" if fold else f"Data set '{name}'"
    for subset in SUBSETS:
        if subset not in settings.without and not (rows["subset"] == subset).any():
            raise SplitError(f"{where}: the {subset} subset is empty. Correct '{name.setting}.split'.")
    trained = set(rows["label"][rows["subset"] == "train"])
    for label in CLASSES.get(task or "", ()):
        if "train" in settings.without:
            break
        if label not in trained and (rows["label"] == label).any():
            raise SplitError(
                f"{where}: class '{label}' would not be trained on (scheme '{settings.scheme}'). "
                f"Add subjects with it, take its images out, or change '{name.setting}.split'."
            )


def _ranks(rows: pd.DataFrame, seed: int) -> np.ndarray:
    ranks = np.full(len(rows), -1, dtype=np.int64)
    trained = np.flatnonzero(rows["subset"] == "train")
    part = rows.iloc[trained]
    order_seed = derive_seed("fractions", seed)
    ranks[trained] = nested_ranks(fraction_units(part), part["label"].to_numpy(), order_seed)
    return ranks
