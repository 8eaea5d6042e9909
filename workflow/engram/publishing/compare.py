"""Predictions made anew beside the published ones: the same bytes, the same answers, or how far apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engram.core.files import atomic_path, file_hash

__all__ = ["compare_predictions", "tell"]

#: What says which row is which; a file has some of these.
_KEYS = ("lineage", "method", "seed", "fold", "row", "subject", "detected", "measure")
#: How the columns of answers begin: those of faces, and of text the entities found and how many are right.
_ANSWERS = ("prediction", "found", "right")
#: Two numbers are the same answer if they differ by less, absolutely or relatively.
_CLOSE = 1e-3


def compare_predictions(folder: Path, published: Path, names: Sequence[str]) -> pd.DataFrame:
    """Compare files of predictions below ``folder`` with those below ``published``.

    Writes ``comparison.csv`` to ``folder``, a row a file: ``file``; ``verdict``, one of ``same bytes``,
    ``same answers``, ``differs``, ``other rows``; ``rows``; ``agreement``, the fraction of answers that
    are the same (numbers: closer than a thousandth).

    Returns
    -------
    pandas.DataFrame
        What was written.
    """
    rows = [{"file": name, **_compare(folder / name, published / name)} for name in names]
    table = pd.DataFrame(rows, columns=["file", "verdict", "rows", "agreement"])
    with atomic_path(folder / "comparison.csv") as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    return table


def tell(table: pd.DataFrame) -> str:
    """Return what a comparison says, in words."""
    counts = table["verdict"].value_counts(sort=False)
    lines = [", ".join(f"{verdict}: {count}" for verdict, count in counts.items())]
    apart = table[table["verdict"].isin(["differs", "other rows"])]
    lines += [
        f"{row.verdict}: {row.file} ({row.rows} rows, agreement {100 * row.agreement:.2f} %)"
        for row in apart.itertuples()
    ]
    return "\n".join(lines)


def _compare(path: Path, published: Path) -> dict[str, Any]:
    ours, theirs = pd.read_parquet(path), pd.read_parquet(published)
    if file_hash(path) == file_hash(published):
        return {"verdict": "same bytes", "rows": len(ours), "agreement": 1.0}
    keys = [name for name in _KEYS if name in theirs]
    if list(ours) != list(theirs) or not ours[keys].equals(theirs[keys]):
        return {"verdict": "other rows", "rows": len(ours), "agreement": 0.0}
    answers = [name for name in theirs if name.startswith(_ANSWERS)]
    agreement = float(np.mean([_alike(ours[name], theirs[name]).mean() for name in answers]))
    verdict = "same answers" if agreement == 1.0 else "differs"
    return {"verdict": verdict, "rows": len(ours), "agreement": agreement}


def _alike(ours: pd.Series, theirs: pd.Series) -> np.ndarray:
    """Return where two columns give the same answer; none and none are the same."""
    if pd.api.types.is_numeric_dtype(theirs):
        return np.isclose(ours, theirs, rtol=_CLOSE, atol=_CLOSE, equal_nan=True)
    return ((ours == theirs) | (ours.isna() & theirs.isna())).to_numpy(bool)
