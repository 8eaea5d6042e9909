"""Whole takes: the frames of a sequence, or the images of a subject, are drawn together or not at all.

The frames of a take are nearly the same image. Drawn one by one, half of them would hold as much as all, and
a frame that validates would have its neighbours in training.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["choose_whole", "fraction_units", "nested_ranks", "take_units"]


def take_units(rows: pd.DataFrame) -> np.ndarray:
    """Return the number of each row's take, int64; a row that belongs to no known take stands alone.

    Parameters
    ----------
    rows
        ``subject``, and ``take``: the name of a take of that subject, or missing.
    """
    alone = rows["take"].isna()
    names = rows["take"].where(~alone, pd.Series(np.arange(len(rows)), index=rows.index).astype(object))
    return _numbered(rows["subject"], names, alone)


def fraction_units(rows: pd.DataFrame) -> np.ndarray:
    """Return the number of the unit by which each row is drawn into a fraction, int64.

    It is the row's take where that is known, else all of its subject's rows without one.
    """
    return _numbered(rows["subject"], rows["take"].fillna(""), rows["take"].isna())


def _numbered(*columns: pd.Series) -> np.ndarray:
    return (
        pd.MultiIndex.from_arrays([column.to_numpy() for column in columns]).factorize()[0].astype(np.int64)
    )


def nested_ranks(units: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """Return for each row at which place its unit begins in an order of the units, int64 of shape (N,).

    Every beginning of the order has each class in its share, to within one unit if units have one class.

    Parameters
    ----------
    units
        (N,) the unit of each row, numbered from 0 without gaps.
    labels
        (N,) the class of each row.
    seed
        Seed of the order.
    """
    if not len(units):
        return np.empty(0, dtype=np.int64)
    order = _stratified(units, labels, seed)
    sizes = np.bincount(units)[order]
    begins = np.empty(len(order), dtype=np.int64)
    begins[order] = np.cumsum(sizes) - sizes
    return begins[units]


def choose_whole(units: np.ndarray, labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return (N,) bool: which rows are chosen, exactly ``count``, by whole units as far as that can be.

    Where no set of whole units has ``count`` rows, one unit is cut. The classes have their shares as nearly
    as the sizes of the units allow; see `nested_ranks`.
    """
    order = _stratified(units, labels, seed)
    sizes = np.bincount(units)[order].tolist()
    taken = np.zeros(len(order), dtype=bool)
    taken[order] = _fill(sizes, count)
    chosen = taken[units]
    left = count - int(chosen.sum())
    if left:
        # Every unit that is left has more rows than are wanted, else one more would have been taken.
        cut = order[~taken[order]][0]
        chosen[np.flatnonzero(units == cut)[:left]] = True
    return chosen


def _fill(sizes: list[int], count: int) -> np.ndarray:
    """Return which units are taken: the earliest whose sizes sum to ``count``, or as near below as can be."""
    # Bit s of reachable[i]: some of the units from i on have s rows together.
    reachable, low = [1] * (len(sizes) + 1), (1 << (count + 1)) - 1
    for place in reversed(range(len(sizes))):
        later = reachable[place + 1]
        reachable[place] = (later | later << sizes[place]) & low
    left, taken = reachable[0].bit_length() - 1, np.zeros(len(sizes), dtype=bool)
    for place, size in enumerate(sizes):
        if size <= left and reachable[place + 1] >> (left - size) & 1:
            taken[place], left = True, left - size
    return taken


def _stratified(units: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """Return the units in a random order that spreads classes evenly; a unit counts for its main class."""
    sizes = np.bincount(units)
    order = np.random.default_rng(seed).permutation(len(sizes))
    counts = pd.crosstab(units, labels)
    frame = pd.DataFrame({"class": counts.to_numpy().argmax(axis=1), "size": sizes}).iloc[order]
    of_class = frame.groupby("class")["size"]
    middle = of_class.cumsum() - frame["size"] / 2
    place = (middle / of_class.transform("sum")).to_numpy()
    return order[np.lexsort((np.arange(len(order)), place))]
