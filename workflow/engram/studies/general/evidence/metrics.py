"""The value of one test unit (a face, a pair) by the metric of each kind of task, in one place.

The metrics of Vielzeuf et al. (2019), section 4: accuracy, mean absolute error, mean error rate
over attributes, and verification accuracy. A face that was not detected is a wrong answer, or the
middle of the range for a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
import pandas as pd

from engram.core.errors import PredictionsError
from engram.statistics.intervals import PERCENT
from engram.studies.general.task_plan import Task

__all__ = ["NOT_NEGATIVE", "Metric", "metric_name", "metric_of", "truth_columns", "unit_values"]

_TRUTH, _PREDICTION = "truth_", "prediction_"


@dataclass(frozen=True)
class Metric:
    """How a task is measured."""

    name: str
    unit: str
    better: int
    """1 if more is better, -1 if less is."""
    digits: int
    """Digits after the point in tables."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Its range."""
        return PERCENT if self.unit == "%" else NOT_NEGATIVE


#: The range of errors.
NOT_NEGATIVE = (0.0, inf)
_ACCURACY = Metric("accuracy", "%", 1, 1)
_METRICS = {
    "classification": _ACCURACY,
    "identity": _ACCURACY,
    "regression": Metric("MAE", "", -1, 2),
    "attributes": Metric("error rate", "%", -1, 2),
}
#: The unit of a mean absolute error.
_UNITS = {"age": "years", "pain": "levels"}


def metric_of(task: Task) -> Metric:
    """Return the metric of a task."""
    found = _METRICS[task.kind]
    unit = found.unit or _UNITS.get(task.task, "")
    return Metric(found.name, unit, found.better, found.digits)


def metric_name(kind: str) -> str:
    """Return the name of the metric of a kind of task as one word, such as ``error_rate``."""
    return _METRICS[kind].name.replace(" ", "_")


def truth_columns(kind: str, columns: list[str]) -> list[str]:
    """Return the columns of predictions that hold the truth of a kind of task.

    Raises
    ------
    PredictionsError
        If there are none.
    """
    wanted = (
        [name for name in columns if name.startswith(_TRUTH)]
        if kind == "attributes"
        else [name for name in columns if name == "truth"]
    )
    if not wanted:
        raise PredictionsError(f"there is no column of truth for a task of kind '{kind}'")
    return wanted


def unit_values(kind: str, frame: pd.DataFrame) -> np.ndarray:
    """Return the value of each row of predictions, (rows,) float64; the metric is their mean.

    Parameters
    ----------
    kind
        ``classification`` and ``identity``: 100 if right, else 0; an empty prediction is wrong.
        ``regression``: the absolute error. ``attributes``: 100 times the fraction of wrong ones among
        a face's labelled attributes, an empty prediction being wrong; NaN without any label.
    frame
        Columns ``truth`` and ``prediction``, or for attributes ``truth_<name>`` and
        ``prediction_<name>``.
    """
    if kind == "attributes":
        return _error_rates(frame)
    if kind == "regression":
        errors = frame["prediction"].to_numpy(np.float64) - frame["truth"].to_numpy(np.float64)
        return np.abs(errors)
    return 100.0 * (_words(frame["prediction"]) == _words(frame["truth"]))


def _error_rates(frame: pd.DataFrame) -> np.ndarray:
    names = [name.removeprefix(_TRUTH) for name in truth_columns("attributes", list(frame))]
    truth = frame[[_TRUTH + name for name in names]].to_numpy(np.float64)
    predictions = frame[[_PREDICTION + name for name in names]].to_numpy(np.float64)
    labelled = np.isfinite(truth)
    wrong = ((truth != predictions) & labelled).sum(axis=1)
    counts = labelled.sum(axis=1)
    return np.divide(100.0 * wrong, counts, out=np.full(len(frame), np.nan), where=counts > 0)


def _words(column: pd.Series) -> np.ndarray:
    return column.astype(object).where(column.notna(), None).to_numpy(object)
