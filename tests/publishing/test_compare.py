"""Predictions made anew are told apart from the published ones, and how far."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.publishing.compare import compare_predictions, tell

FRAME = pd.DataFrame(
    {
        "method": "h_g",
        "seed": 1,
        "row": range(4),
        "prediction": ["happiness", "fear", None, "fear"],
        "score": [0.9, 0.8, np.nan, 0.7],
    }
)
SPANS = pd.DataFrame(
    {
        "row": range(4),
        "lineage": "genes.base",
        "seed": 1,
        "measure": "f1",
        "gold": ["0:2:gene", "", "1:2:gene", ""],
        "found": ["0:2:gene", "", "1:3:gene", ""],
        "right": [1, 0, 0, 0],
    }
)
AGES = pd.DataFrame({"seed": 1, "row": range(4), "prediction": [20.0, 30.0, 40.0, 50.0]})


@pytest.fixture
def compare(tmp_path):
    """Return a function that writes two frames and gives what is said of them."""

    def run(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.Series:
        for folder, frame in (("ours", ours), ("theirs", theirs)):
            (tmp_path / folder).mkdir(exist_ok=True)
            frame.to_parquet(tmp_path / folder / "predictions.parquet", index=False)
        table = compare_predictions(tmp_path / "ours", tmp_path / "theirs", ["predictions.parquet"])
        assert pd.read_csv(tmp_path / "ours/comparison.csv").equals(table)
        return table.iloc[0]

    return run


def test_the_same_bytes(compare):
    """Equal files are equal."""
    found = compare(FRAME, FRAME)
    assert (found["verdict"], found["agreement"]) == ("same bytes", 1.0)


def test_the_same_answers_by_other_scores(compare):
    """Where only scores moved, the answers are what counts."""
    found = compare(FRAME.assign(score=FRAME["score"] + 0.25), FRAME)
    assert (found["verdict"], found["agreement"]) == ("same answers", 1.0)


def test_another_answer_is_counted(compare):
    """One of four answers differs; none beside none is the same."""
    found = compare(FRAME.assign(prediction=["happiness", "anger", None, "fear"]), FRAME)
    assert (found["verdict"], found["agreement"]) == ("differs", 0.75)
    lost = compare(FRAME.assign(prediction=["happiness", None, None, "fear"]), FRAME)
    assert lost["agreement"] == 0.75


def test_numbers_that_are_close_agree(compare):
    """A value a ten-thousandth off is the same answer, one a year off is not."""
    near = compare(AGES.assign(prediction=AGES["prediction"] * 1.0001), AGES)
    assert near["verdict"] == "same answers"
    far = compare(AGES.assign(prediction=[20.0, 30.0, 40.0, 51.0]), AGES)
    assert (far["verdict"], far["agreement"]) == ("differs", 0.75)


def test_entities_agree_where_they_are_the_same(compare):
    """Another entity is counted, though as many are right; another measure is another row."""
    other = compare(SPANS.assign(found=["0:2:gene", "", "1:4:gene", ""]), SPANS)
    assert (other["verdict"], other["agreement"]) == ("differs", (0.75 + 1) / 2)
    assert compare(SPANS.assign(measure="accuracy"), SPANS)["verdict"] == "other rows"


def test_other_rows_are_not_compared(compare):
    """Predictions of other faces are no evidence either way."""
    assert compare(FRAME.iloc[:3], FRAME)["verdict"] == "other rows"
    assert compare(FRAME.assign(row=range(1, 5)), FRAME)["verdict"] == "other rows"


def test_a_person_is_told_what_differs(compare):
    """The sum of verdicts, and each file that differs by name."""
    table = pd.DataFrame([compare(FRAME.assign(prediction=["happiness", "anger", None, "fear"]), FRAME)])
    said = tell(table)
    assert said.splitlines()[0] == "differs: 1"
    assert "predictions.parquet" in said
    assert "75.00 %" in said
