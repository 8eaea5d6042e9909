"""Table 3: every method on every target, and what stands beside and beneath."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.studies.general.tables import TABLES
from engram.studies.general.tables.general_transfer import transfer_frame
from tests.simulated_answers import FACES, PAIRS, SUBJECTS
from tests.simulated_general import layout_of
from tests.studies.general.tables.columns import frame_of, write_table


def test_values_are_plain_means(general):
    """Each kind of metric is what a plain loop over its predictions gives."""
    table = transfer_frame(general).set_index(["task", "method"])
    assert len(table) == 10 * 10
    for name, expected in (
        ("gender", lambda frame: 100 * (frame["prediction"] == frame["truth"]).mean()),
        ("press", lambda frame: 100 * (frame["prediction"] == frame["truth"]).mean()),
        ("album", lambda frame: (frame["prediction"] - frame["truth"]).abs().mean()),
    ):
        frame = pd.read_parquet(layout_of(general).transfer(name, "cnn") / "predictions.parquet")
        row = table.loc[(name, "cnn")]
        assert row["value"] == pytest.approx(expected(frame))
        assert row["low"] < row["value"] < row["high"]
    assert table.loc[("press", "cnn"), ["n", "subjects", "seeds"]].tolist() == [PAIRS, 10, 3]
    assert table.loc[("album", "cnn"), ["n", "subjects", "seeds"]].tolist() == [SUBJECTS * FACES, SUBJECTS, 3]


def test_error_rate_is_a_plain_loop(general):
    """The error rate is the mean over faces of the fraction of wrong among labelled attributes."""
    frame = pd.read_parquet(layout_of(general).transfer("marks", "cnn") / "predictions.parquet")
    fractions = []
    for row in frame.to_dict("records"):
        wrong = [
            row[f"prediction_{name}"] != row[f"truth_{name}"]
            for name in ("beard", "hat", "smile")
            if not np.isnan(row[f"truth_{name}"])
        ]
        fractions.append(100 * sum(wrong) / len(wrong))
    table = transfer_frame(general).set_index(["task", "method"])
    assert table.loc[("marks", "cnn"), "value"] == pytest.approx(np.mean(fractions))


def test_parameters_are_noted(general):
    """Six encoders of 1,000 and the fusing one of 500 against a student of 130."""
    view = TABLES["general_transfer"].load("TABLE").view
    notes = " ".join(view(frame_of("general_transfer", general), general).notes)
    assert "50.0 times as many" in notes


def test_notes_say_what_differs(general, published, tmp_path):
    """The notes name n, seeds, intervals, protocols, stand-ins and the paper's own conditions."""
    write_table("general_transfer", general, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert (
        "Means over 3 seeds. In brackets: 95 % intervals, with subjects and seeds as crossed random" in text
    )
    assert "Identity 60 pairs in 10 folds" in text
    assert "Age, album 60 faces of 12 subjects" in text
    assert "On Age, album each subject is tested by heads and networks that have not seen it; what is" in text
    assert "Drawn faces stand in for photographs in all data sets" in text
    assert "In parentheses" not in text
    write_table("general_transfer", published, tmp_path / "p")
    text = (tmp_path / "p.md").read_text(encoding="utf-8")
    assert "(97.90)" in text
    assert "VGGFace2" in text


def test_best_of_each_row_is_bold(general, tmp_path):
    """The best is the largest accuracy and the smallest error."""
    write_table("general_transfer", general, tmp_path / "t")
    table = transfer_frame(general)
    lines = (tmp_path / "t.md").read_text(encoding="utf-8").splitlines()
    for name, title, best in (("gender", "Gender", "max"), ("album", "Age, album", "min")):
        line = next(line for line in lines if line.startswith(f"| {title} |"))
        mine = table[table["task"] == name]
        value = getattr(mine["value"], best)()
        assert line.count("**") == 2 * (mine["value"] == value).sum()
        assert f"**{value:.{1 if best == 'max' else 2}f}**" in line
