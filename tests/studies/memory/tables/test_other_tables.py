"""Matrix, forgetting, levels, weights and the sweep."""

from __future__ import annotations

from copy import copy

import pandas as pd
import pytest

from engram.studies.memory.tables import load_table
from engram.studies.memory.tables.memory_matrix import matrix_table
from tests.studies.memory.tables.columns import COLUMNS


def test_matrix_has_every_model_that_has_a_head(evidence):
    """The matrix holds a model and data set pair for each that was predicted, and no other."""
    table = matrix_table(evidence)
    pairs = {(model, name) for name, found in evidence.predictions.items() for model in found.models}
    assert set(zip(table["lineage"], table["dataset"], strict=True)) == pairs
    assert ("portraits.base", "wild") not in pairs


def test_second_definition_stands_beside_where_it_differs(evidence, tmp_path):
    """Only the chain's forgetting has another figure beside it; the target alone has no forgetting at all."""
    load_table("memory_forgetting").write(evidence, tmp_path / "t")
    lines = (tmp_path / "t.md").read_text(encoding="utf-8").splitlines()
    body = [line for line in lines if line.startswith("|")][2:]
    assert [line.count("(") for line in body] == [0] * 10 + [2] * 2
    assert [line.count("| – |") for line in body] == [0] * 8 + [2] * 2 + [0] * 2
    assert any("Chaudhry" in line for line in lines)


def test_levels_show_chains_alone(evidence, tmp_path):
    """People see chains of three stages; the file for machines holds those of two as well."""
    load_table("memory_levels").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "3 of 3" in text
    assert "of 2 |" not in text
    assert set(pd.read_csv(tmp_path / "t.csv")["levels"]) == {2, 3}


def test_chosen_weights_are_named(evidence, tmp_path):
    """Each seed's choice stands there, and on the page how many seeds made it."""
    load_table("memory_weights").write(evidence, tmp_path / "t")
    table = pd.read_csv(tmp_path / "t.csv")
    mine = table[(table[["target", "strategy", "fraction"]] == ["lab", "RE", 50]).all(axis=1)]
    assert mine["weights"].tolist() == ["l2_sp 0.1", "l2_sp 1"] * 3
    assert mine["chosen"].tolist() == [1, 0, 0, 1, 0, 1]
    assert mine["criterion"].tolist() == pytest.approx([60, 50, 50, 60, 50, 60])
    assert set(table["strategy"]) == {"RE", "Chain"}
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "l2\\_sp 0.1 (1); l2\\_sp 1 (2)" in text


def test_where_no_weights_are_listed_the_page_says_so(evidence, tmp_path):
    """Strategies without such a recipe leave a table without rows."""
    others = copy(evidence)
    vars(others)["trials"] = [trial for trial in evidence.trials if trial.strategy in ("BL", "FC")]
    load_table("memory_weights").write(others, tmp_path / "t")
    assert pd.read_csv(tmp_path / "t.csv").empty
    assert "nothing to choose" in (tmp_path / "t.md").read_text(encoding="utf-8")


def test_the_sweep_has_a_row_a_point(evidence):
    """Forgetting on test is that of the swept model; the last epoch's is read from its curves."""
    table = load_table("memory_sweep").frame(evidence)
    assert len(table) == 2 * 2 * 2 + 2
    row = table[(table[["strategy", "learning_rate", "epochs"]] == ["RE", 0.001, 20]).all(axis=1)].iloc[0]
    model = "wild.base/studio.all_rate0_001_epochs20"
    predictions = evidence.predictions["wild"]
    before, after = (
        100 * predictions.correct[predictions.index(name)].mean() for name in ("wild.base", model)
    )
    assert row["forgetting"] == pytest.approx(before - after)
    curves = [evidence.training[model, seed].curves for seed in (1, 2, 3)]
    lost = [100 * (curve[0]["wild"] - curve[-1]["wild"]) for curve in curves]
    assert row["last_forgetting"] == pytest.approx(sum(lost) / 3)
    assert (row["last_forgetting_low"], row["last_forgetting_high"]) == pytest.approx((min(lost), max(lost)))
    assert (row["steps"], row["n"]) == (20 * 4, 120)


def test_a_merged_stage_is_swept_against_the_baseline(evidence):
    """It adapts no model: what is lost on validation is what is missing of the kept baseline's accuracy."""
    table = load_table("memory_sweep").frame(evidence)
    row = table[(table["strategy"] == "FU") & (table["learning_rate"] == 0.001)].iloc[0]
    assert row["epochs"] == 2
    assert pd.isna(row["last_gain"])
    lost = []
    for seed in (1, 2, 3):
        baseline = evidence.training["wild.base", seed]
        kept = next(one for one in baseline.history if one["epoch"] == baseline.metrics["best_epoch"])
        last = evidence.training["wild+studio.base_rate0_001_epochs2", seed].curves[-1]
        lost.append(100 * (kept["validation_accuracy"] - last["wild"]))
    assert row["last_forgetting"] == pytest.approx(sum(lost) / 3)
    assert (row["last_forgetting_low"], row["last_forgetting_high"]) == pytest.approx((min(lost), max(lost)))


def test_without_a_sweep_its_table_is_empty(small, tmp_path):
    """The table has its columns and no row."""
    load_table("memory_sweep").write(small, tmp_path / "t")
    assert pd.read_csv(tmp_path / "t.csv").columns.tolist() == COLUMNS["memory_sweep"]
