"""Tables and claims as the results page shows them."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.core.errors import ConfigurationError
from engram.reporting.page_claims import interval_picture
from engram.reporting.page_tables import Evidence, Link, links_of, page_table
from engram.reporting.quantities import Quantity, key_columns, quantities
from engram.reporting.questions import read_questions

FRAME = pd.DataFrame(
    {
        "task": ["age", "gender"],
        "metric": ["MAE", "accuracy"],
        "n": [40, 80],
        "value": [6.54321, 91.23456],
        "low": [6.1, float("nan")],
        "high": [7.0, float("nan")],
        "gain": [-1.0, -0.004],
        "gain_low": [-2.5, -1.0],
        "gain_high": [0.5, 1.0],
        "published": [float("nan")] * 2,
        "choice": ["identity", None],
    }
)


def test_ends_of_intervals_are_no_numbers_of_their_own():
    assert quantities(FRAME, ["task"])[:3] == [
        Quantity("n"),
        Quantity("value", "low", "high"),
        Quantity("gain", "gain_low", "gain_high"),
    ]
    assert key_columns(FRAME) == ["task", "metric", "choice"]
    assert key_columns(FRAME, ["task", "absent"]) == ["task"]


def test_numbers_are_rounded_by_their_metric_and_sort_by_all_digits():
    table = page_table(
        "t", "A table.", FRAME, keys=["task"], words={"age": "Age"}, origins=lambda row: ["a/b.csv"]
    )
    assert table.head == ["task", "n", "value", "gain", "metric", "choice", "from"]
    assert table.numeric == [False, True, True, True, False, False, False]
    first, second = table.rows
    assert [entry.text for entry in first[:4]] == ["Age", "40", "6.54", "−1.00"]
    assert [entry.interval for entry in first[2:4]] == ["[6.10, 7.00]", "[−2.50, 0.50]"]
    assert second[2].text == "91.2"
    assert second[2].interval == ""
    assert float(second[2].order) == 91.23456
    assert second[3].text == "−0.004"
    assert second[5].text == "–"
    assert first[6].evidence == [Evidence("b of a", [Link("b", "a/b.csv")])]


def test_files_of_one_kind_are_told_apart():
    paths = [
        "evaluations/wild/predictions.parquet",
        "models/seed1/a/record.json",
        "models/seed2/a/record.json",
    ]
    assert links_of(paths) == [
        Evidence("predictions of wild", [Link("predictions", paths[0])]),
        Evidence("record of a", [Link("seed 1", paths[1]), Link("seed 2", paths[2])]),
    ]
    both = ["evaluations/wild/predictions.parquet", "evaluations/lab/predictions.parquet"]
    assert [group.title for group in links_of(both)] == ["predictions of wild", "predictions of lab"]
    assert links_of(["data/overlap.csv"]) == [Evidence("overlap", [Link("overlap", "data/overlap.csv")])]


def test_an_interval_lies_where_its_numbers_say():
    """Zero is in the middle, the widest value at the edge."""
    picture = interval_picture(0.0, -10.0, 10.0, widest=10.0, width=120)
    assert 'x1="4.0" x2="116.0"' in picture
    assert 'cx="60.0"' in picture
    assert interval_picture(float("nan"), 0.0, 0.0, 1.0) == ""
    assert "whisker" not in interval_picture(5.0, float("nan"), float("nan"), 10.0)


def test_questions_that_cannot_be_read_are_named(tmp_path):
    path = tmp_path / "questions.yaml"
    path.write_text("title: T\nabout: A\nquestions: [{text: 'Why?', claim: [a]}]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"(?s)questions\.yaml.*cannot be read.*claim"):
        read_questions(path)
