"""Verification by pairs of faces, as view 2 of Labeled Faces in the Wild (Huang et al. 2007).

Subjects are dealt into ten folds, so that no subject stands in two. Each fold has as many pairs of
the same subject as of different subjects. A fold's pairs are judged by the threshold that is best
on the other folds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engram.core.errors import SplitError

__all__ = ["FOLDS", "best_threshold", "official_pairs", "verification_pairs", "verify"]

#: Folds, unless there are too few subjects for so many.
FOLDS = 10
#: The columns of a manifest that carry its owners' pairs.
_OFFICIAL = ("x_fold", "x_pairs")


def verification_pairs(
    subjects: Sequence[str] | np.ndarray,
    rows: np.ndarray,
    pairs: int,
    seed: int,
    name: str,
    subset: str = "test",
) -> pd.DataFrame:
    """Return pairs of faces for verification.

    Parameters
    ----------
    subjects
        The subject of each face, of shape (N,).
    rows
        The faces' rows in their data set, of shape (N,).
    pairs
        How many pairs, all ten folds together. A fold that has fewer gives fewer, still in balance.
    seed
        Seed of the folds and of the draw.
    name, subset
        The data set and the subset that the faces are of, for messages.

    Returns
    -------
    pandas.DataFrame
        ``fold``, ``first_row``, ``other_row`` (``first_row`` stands first in ``rows``) and ``same``
        (bool). No pair stands there twice. The draws are spread evenly over the subjects and the
        pairs of subjects, so that a subject of many images does not outweigh the others.
        With fewer than 20 subjects there are half as many folds as subjects, and with few subjects
        of two images as many folds as these.

    Raises
    ------
    SplitError
        If there are not two folds of two subjects, one with two images.
    """
    distinct, owners = np.unique(np.asarray(subjects, dtype=str), return_inverse=True)
    images = [np.flatnonzero(owners == subject) for subject in range(len(distinct))]
    rng = np.random.default_rng(seed)
    parts = []
    for fold, members in enumerate(_deal(images, rng, name, subset)):
        same, different = _chosen([images[subject] for subject in members], max(1, pairs // (2 * FOLDS)), rng)
        for chosen, truth in ((same, True), (different, False)):
            first, other = np.sort(chosen, axis=1).T
            parts.append(
                pd.DataFrame(
                    {"fold": fold, "first_row": rows[first], "other_row": rows[other], "same": truth}
                )
            )
    return pd.concat(parts, ignore_index=True)


def official_pairs(manifest: pd.DataFrame, name: str = "") -> pd.DataFrame:
    """Return the pairs of a data set's owners, which its manifest (or the index of its faces) carries.

    Parameters
    ----------
    manifest
        ``subject``; ``x_fold``, the subject's fold; and ``x_pairs``, the numbers of the pairs that an image
        stands in, parted by blanks: two images that share a number are a pair.
    name
        The data set, for messages.

    Returns
    -------
    pandas.DataFrame
        As that of `verification_pairs`, in the order of the owners' list; rows are positions.

    Raises
    ------
    SplitError
        If there are none, or a number does not stand at two images.
    """
    if not set(_OFFICIAL) <= set(manifest) or not manifest["x_pairs"].notna().any():
        raise SplitError(
            f"data set '{name}': it comes without pairs of its owners. Put their list into its folder "
            "('pairs.txt' of LFW), or set 'pairs' to a number: then they are drawn."
        )
    rows: dict[int, list[int]] = {}
    for row, numbers in enumerate(manifest["x_pairs"]):
        for pair in numbers.split() if isinstance(numbers, str) else []:
            rows.setdefault(int(pair), []).append(row)
    if wrong := [pair for pair, found in rows.items() if len(found) != 2]:
        raise SplitError(f"data set '{name}': its owners' pair {min(wrong)} is not one of two images.")
    table = pd.DataFrame([rows[pair] for pair in sorted(rows)], columns=["first_row", "other_row"])
    first, other = (manifest.iloc[table[side]].reset_index(drop=True) for side in table)
    return table.assign(fold=first["x_fold"].astype(int), same=first["subject"] == other["subject"])[
        ["fold", "first_row", "other_row", "same"]
    ]


def _deal(images: list[np.ndarray], rng: np.random.Generator, name: str, subset: str) -> list[np.ndarray]:
    """Deal the subjects into folds in a random order, those with two images or more first."""
    repeated = np.array([len(mine) > 1 for mine in images], dtype=bool)
    folds = min(FOLDS, len(images) // 2, int(repeated.sum()))
    if folds < 2:
        raise SplitError(
            f"data set '{name}': its {subset} subset has {len(images)} subjects, {int(repeated.sum())} of "
            "them with two images or more. Verification needs at least 4 subjects, 2 of them with two. "
            f"Give it more by 'datasets.{name}.split', or add images."
        )
    order = rng.permutation(len(images))
    order = order[np.argsort(~repeated[order], kind="stable")]
    return [order[fold::folds] for fold in range(folds)]


def _chosen(images: list[np.ndarray], wanted: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, 2) pairs of the same subject and (n, 2) of different ones, n being at most ``wanted``."""
    sizes = np.array([len(mine) for mine in images])
    first, other = np.triu_indices(len(images), 1)
    of_one, of_two = sizes * (sizes - 1) // 2, sizes[first] * sizes[other]
    wanted = min(wanted, int(of_one.sum()), int(of_two.sum()))
    same = [
        images[subject][_pair_of_number(number, sizes[subject])]
        for subject, number in _spread(of_one, wanted, rng)
    ]
    different = [
        (images[first[both]][number // sizes[other[both]]], images[other[both]][number % sizes[other[both]]])
        for both, number in _spread(of_two, wanted, rng)
    ]
    return np.array(same), np.array(different)


def _spread(capacity: np.ndarray, wanted: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return ``wanted`` distinct (group, number below the group's capacity), as even as capacities allow."""
    quota = np.zeros(len(capacity), dtype=np.int64)
    while (left := wanted - int(quota.sum())) > 0:
        room = np.flatnonzero(quota < capacity)
        if left < len(room):
            room = rng.choice(room, left, replace=False)
        quota[room] += max(1, min(left // len(room), int((capacity - quota)[room].min())))
    return [
        (int(group), int(number))
        for group in np.flatnonzero(quota)
        for number in np.sort(rng.choice(capacity[group], quota[group], replace=False))
    ]


def _pair_of_number(number: int, size: int) -> list[int]:
    """Return the pair of a number below size * (size - 1) / 2, in the order (0, 1), (0, 2), ..."""
    before = np.cumsum(np.arange(size - 1, 0, -1))
    first = int(np.searchsorted(before, number, side="right"))
    return [first, int(size - (before[first] - number))]


def best_threshold(similarity: np.ndarray, same: np.ndarray) -> float:
    """Return the threshold above which "the same subject" is right most often, of n >= 1 pairs.

    Of equally good ones it is the lowest; it lies half-way between two similarities.
    """
    order = np.argsort(similarity, kind="stable")
    values, truth = similarity[order], same[order].astype(np.int64)
    # Right answers if the lowest k are called different: these that are, and the rest that are the same.
    right = (
        np.concatenate([[0], np.cumsum(1 - truth)]) + truth.sum() - np.concatenate([[0], np.cumsum(truth)])
    )
    between = np.concatenate([[True], values[1:] > values[:-1], [True]])
    cut = int(np.argmax(np.where(between, right, -1)))
    edges = np.concatenate([[values[0] - 1.0], (values[1:] + values[:-1]) / 2, [values[-1] + 1.0]])
    return float(edges[cut])


def verify(similarity: np.ndarray, same: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return (P,) whether each pair is called the same subject.

    A fold's threshold is the best of the other folds. Pairs without a similarity (NaN) choose no
    threshold and are called different.
    """
    called = np.zeros(len(similarity), dtype=bool)
    known = ~np.isnan(similarity)
    for number in np.unique(fold):
        others, mine = known & (fold != number), known & (fold == number)
        threshold = best_threshold(similarity[others], same[others]) if others.any() else 0.0
        called[mine] = similarity[mine] > threshold
    return called
