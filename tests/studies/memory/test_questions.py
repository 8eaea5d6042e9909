"""The three questions are answered with the numbers of the predictions, and say what was not asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.studies.memory.tables import load_table
from engram.studies.memory.tables._answers import answers
from engram.studies.memory.tables.memory_questions import questions_table


@pytest.fixture(scope="module")
def table(evidence) -> pd.DataFrame:
    return questions_table(evidence).set_index(["target", "strategy", "fraction"])


def _accuracy(evidence, dataset, lineage):
    predictions = evidence.predictions[dataset]
    return 100 * predictions.correct[predictions.index(lineage)].mean()


def test_numbers_are_those_of_the_predictions(evidence, table):
    """RE with half the target: mean of both sides, its lead over BL, and over the target alone."""
    row, model = table.loc[("lab", "RE", 50)], "wild.base/lab-50.all"
    mean, baseline = (
        np.mean([_accuracy(evidence, "wild", name), _accuracy(evidence, "lab", name)])
        for name in (model, "wild.base")
    )
    alone = _accuracy(evidence, "lab", "lab-50.base")
    assert row["both"] == pytest.approx(mean)
    assert row["both_over_baseline"] == pytest.approx(mean - baseline)
    assert row["over_alone"] == pytest.approx(_accuracy(evidence, "lab", model) - alone)
    assert row["both_low"] < row["both"] < row["both_high"]
    assert row[["seeds", "n_source", "n_target"]].tolist() == [3, 120, 120]


def test_the_target_alone_has_a_gain_and_nothing_else(table):
    """It has no source, so no forgetting and no mean of both; nor is it compared with itself."""
    rows = table.xs("TO", level="strategy")
    assert rows["gain"].notna().all()
    assert rows[["forgetting", "both", "both_over_baseline", "over_alone"]].isna().all(axis=None)


def test_answers_count_what_is_beyond_doubt(evidence):
    """A gain counts where its interval lies above zero; the best of both sides is the one with that mean."""
    frame = questions_table(evidence)
    sections = answers(frame, evidence)
    assert [each.figure for each in sections] == ["forgetting_gain", "memory_trade_off", "integrity"]
    whole = frame[frame["fraction"] == 100]
    mine = whole[whole["strategy"] == "FC"]
    assert f"FC gains on {(mine['gain_low'] > 0).sum()} of 2" in sections[0].items[0]
    assert sections[0].items[4].endswith("has no source to forget")
    best = whole[whole["target"] == "studio"].set_index("strategy")["both"].idxmax()
    assert sections[1].items[0].startswith(f"Drawn wild → Drawn studio: {best} with ")
    assert [item.split()[0] for item in sections[2].items] == ["FC", "FC+CL", "RE", "FU", "Chain"]


def test_without_a_target_alone_the_third_question_is_not_asked(small, tmp_path):
    """BL and FU alone, two seeds: no intervals, and no word of NaN in any form."""
    load_table("memory_questions").write(small, tmp_path / "t")
    for ending in ("md", "tex", "html"):
        text = (tmp_path / f"t.{ending}").read_text(encoding="utf-8")
        assert "Not asked: no strategy of this configuration trains on the target alone." in text
        assert "nan" not in text.lower()
    assert "one without an interval is not counted" in (tmp_path / "t.md").read_text(encoding="utf-8")
