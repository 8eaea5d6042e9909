"""What a test unit counts for: known answers for each kind of task."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.core.errors import PredictionsError
from engram.studies.general.evidence.metrics import metric_of, truth_columns, unit_values
from engram.studies.general.evidence.outcomes import read_outcome
from engram.studies.general.task_plan import Task


def make_item(task: str, protocol: str = "split") -> Task:
    return Task(name="toy", role="target", dataset="faces", task=task, protocol=protocol)


def test_right_wrong_and_undetected():
    """A right answer counts 100, a wrong one and a face that was not found 0."""
    frame = pd.DataFrame({"truth": ["male", "male", "female"], "prediction": ["male", "female", None]})
    assert unit_values("classification", frame).tolist() == [100, 0, 0]
    assert unit_values("identity", frame).tolist() == [100, 0, 0]


def test_absolute_error():
    """A number counts by its distance, the middle of the range like any other."""
    frame = pd.DataFrame({"truth": [20.0, 30.0, 8.0], "prediction": [23.0, 28.5, 58.0]})
    assert unit_values("regression", frame).tolist() == [3, 1.5, 50]


def test_error_rate_is_over_labelled_attributes():
    """An unlabelled attribute counts nothing, an empty prediction is wrong, no label is no unit."""
    nan = np.nan
    frame = pd.DataFrame(
        {
            "truth_hat": [1.0, 0.0, nan, 1.0],
            "prediction_hat": [1.0, 1.0, 1.0, nan],
            "truth_smile": [0.0, nan, nan, 0.0],
            "prediction_smile": [1.0, 0.0, 0.0, nan],
        }
    )
    assert unit_values("attributes", frame).tolist() == pytest.approx([50, 100, nan, 100], nan_ok=True)


def test_columns_of_truth():
    """Attributes have a column each, other tasks one; none is an error."""
    assert truth_columns("attributes", ["row", "truth_hat", "truth_smile"]) == ["truth_hat", "truth_smile"]
    assert truth_columns("regression", ["row", "truth"]) == ["truth"]
    with pytest.raises(PredictionsError, match="no column of truth"):
        truth_columns("attributes", ["truth"])


@pytest.mark.parametrize(
    ("task", "metric"),
    [
        ("gender", ("accuracy", "%", 1)),
        ("identity", ("accuracy", "%", 1)),
        ("age", ("MAE", "years", -1)),
        ("pain", ("MAE", "levels", -1)),
        ("attributes", ("error rate", "%", -1)),
    ],
)
def test_metric_follows_the_task(task, metric):
    """Each task has its metric, unit and direction."""
    found = metric_of(make_item(task))
    assert (found.name, found.unit, found.better) == metric


def _frame(**changes) -> pd.DataFrame:
    rows = [
        {"method": name, "seed": seed, "row": row, "subject": f"p{row}", "detected": True}
        for name in ("new", "old")
        for seed in (1, 2)
        for row in (7, 3)
    ]
    frame = pd.DataFrame(rows).assign(truth="male", prediction="male")
    return frame.assign(**changes)


def _read(tmp_path, frame: pd.DataFrame, methods=("old", "new")):
    frame.to_parquet(tmp_path / "predictions.parquet")
    return read_outcome(make_item("gender"), [tmp_path / "predictions.parquet"], methods, [1, 2])


def test_a_perfect_predictor(tmp_path):
    """Methods, seeds and units are in order, and every value is 100."""
    found = _read(tmp_path, _frame())
    assert found.methods == ("old", "new")
    assert found.rows.tolist() == [3, 7]
    assert found.subjects.tolist() == ["p3", "p7"]
    assert (found.values == np.full((2, 2, 2), 100)).all()


def test_units_without_labels_are_left_out(tmp_path):
    """A face without a labelled attribute is no test unit."""
    truth = [1.0, np.nan] * 4
    frame = _frame(truth_hat=truth, prediction_hat=0.0).drop(columns=["truth", "prediction"])
    frame.to_parquet(tmp_path / "p.parquet")
    found = read_outcome(make_item("attributes"), [tmp_path / "p.parquet"], ["new"], [1, 2])
    assert found.rows.tolist() == [7]
    assert found.values.tolist() == [[[100], [100]]]


FAULTS = {
    "seeds": lambda frame: frame[frame["seed"] == 1],
    "not 2 methods": lambda frame: frame.iloc[1:],
    "disagree on the truth": lambda frame: frame.assign(truth=["female", *["male"] * 7]),
    "disagree on the subject": lambda frame: frame.assign(subject=[*"abababaa"]),
    "no column 'detected'": lambda frame: frame.drop(columns="detected"),
    "no column of truth": lambda frame: frame.drop(columns="truth"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_predictions_are_refused(fault, tmp_path):
    """A missing seed, unit or column, and a contradiction, are named."""
    with pytest.raises(PredictionsError, match=fault):
        _read(tmp_path, FAULTS[fault](_frame()))


def test_missing_file_is_refused(tmp_path):
    """A file that is not there is named."""
    with pytest.raises(PredictionsError, match=r"nothing\.parquet"):
        read_outcome(make_item("gender"), [tmp_path / "nothing.parquet"], ["old"], [1])
