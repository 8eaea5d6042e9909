"""The difference of two models from a table of their answers: for anyone's results, not only ours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engram.core.errors import PredictionsError
from engram.statistics.crossed import Estimate
from engram.statistics.intervals import mean_scores

__all__ = ["difference"]

_COLUMNS = ["subject", "seed", "item", "left", "right"]


def difference(table: pd.DataFrame, confidence: float = 0.95) -> Estimate:
    """Return the mean of ``left`` minus ``right`` with its interval, by subjects and seeds.

    Parameters
    ----------
    table
        One row an item and training seed: ``subject``, ``seed``, ``item``, and what the two models reach
        on it, ``left`` and ``right``: right or wrong (1 or 0), an error, a score. Every item must be there
        for every seed, and belongs to one subject.
    confidence
        Of the interval.

    Returns
    -------
    engram.statistics.crossed.Estimate
        ``value``, ``low``, ``high`` (NaN below five subjects or three seeds), ``degrees_of_freedom``,
        ``n_subjects``, ``n_seeds``. Subjects and seeds are crossed random effects; items weigh the same.

    Raises
    ------
    PredictionsError
        If a column or a value is missing, an item is doubled, belongs to two subjects or lacks a seed.
    """
    grid, subjects = _grid(table)
    return mean_scores(["difference"], grid[None], subjects, "table", confidence).of("difference")


def _grid(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the differences (S, N) and the subject of each item (N,)."""
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise PredictionsError(f"the table lacks column '{missing[0]}'; it needs {', '.join(_COLUMNS)}.")
    if table.empty:
        raise PredictionsError("the table has no rows.")
    if table[_COLUMNS].isna().any(axis=None):
        column = table[_COLUMNS].isna().any().idxmax()
        raise PredictionsError(f"column '{column}' lacks values. Fill them, or leave the item out for all.")
    doubled = table.duplicated(["seed", "item"])
    if doubled.any():
        row = table[doubled].iloc[0]
        raise PredictionsError(f"item '{row['item']}' occurs twice for seed {row['seed']}. Keep one row.")
    owners = table.groupby("item")["subject"].nunique()
    if (owners > 1).any():
        raise PredictionsError(f"item '{owners.idxmax()}' belongs to {owners.max()} subjects. Correct them.")
    wide = table.assign(gain=table["left"].astype(float) - table["right"].astype(float))
    wide = wide.pivot(index="seed", columns="item", values="gain")
    if wide.isna().any(axis=None):
        item = wide.isna().any().idxmax()
        raise PredictionsError(
            f"item '{item}' is not there for each of the {len(wide)} seeds. Leave it out, or add the rows."
        )
    subjects = table.drop_duplicates("item").set_index("item")["subject"].loc[wide.columns]
    return wide.to_numpy(), subjects.to_numpy().astype(str)
