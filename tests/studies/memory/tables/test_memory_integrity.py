"""The integrity table: rows, printed figures, notes, and the layouts of the same numbers."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.metrics import f1_score

from engram.studies.memory.tables import load_table
from engram.studies.memory.tables.memory_integrity import integrity_table


def test_integrity_rows(evidence):
    """Each trial has its model's own numbers on source and target, the target alone on its target only."""
    table = integrity_table(evidence)
    assert len(evidence.trials) == 2 * (1 + 6 * 2)
    assert len(table) == 2 * (2 * (1 + 5 * 2) + 2)
    assert table[table["strategy"] == "TO"]["evaluated_on"].eq("target").all()
    predictions = evidence.predictions["studio"]
    model = predictions.index("wild.base/studio-50.head")
    row = table[
        (table[["target", "evaluated_on", "strategy"]] == ["studio", "target", "FC"]).all(axis=1)
        & (table["fraction"] == 50)
    ].iloc[0]
    f1 = [
        f1_score(predictions.truth, answer, average="macro", labels=range(7))
        for answer in predictions.predicted[model]
    ]
    assert row["accuracy"] == pytest.approx(100 * predictions.correct[model].mean())
    assert row["macro_f1"] == pytest.approx(100 * sum(f1) / 3)
    assert (row["n"], row["seeds"]) == (120, 3)
    assert row["low"] < row["accuracy"] < row["high"]


def test_stand_ins_have_no_printed_figures(evidence):
    """Drawn data sets have no printed figure beside them, and the notes say why."""
    assert integrity_table(evidence)["published"].isna().all()


def test_printed_figures_stand_beside_the_papers_own_data(published):
    """FER to MUG has the printed accuracies."""
    table = integrity_table(published).set_index(["evaluated_on", "strategy", "fraction"])["published"]
    assert table["source", "BL", 0] == 68.35
    assert table["target", "FC", 100] == 72.20


def test_slides_hold_the_same_numbers(evidence, published):
    """A row a strategy; the baseline stands under no target data, the target alone has no source."""
    table = load_table("memory_slides").frame(evidence).set_index(["target", "strategy"])
    whole = integrity_table(evidence).set_index(["target", "evaluated_on", "strategy", "fraction"])
    for role, strategy, fraction in (("source", "BL", 0), ("target", "FC", 50), ("source", "FU", 100)):
        row = whole.loc[("studio", role, strategy, fraction)]
        found = table.loc[("studio", strategy)]
        assert found[f"{role}_{fraction}"] == row["accuracy"]
        assert found[f"{role}_{fraction}_low"] == row["low"]
    assert table.loc[("studio", "TO"), ["source_0", "source_50", "source_100"]].isna().all()
    printed = load_table("memory_slides").frame(published).set_index("strategy")
    assert printed.loc["FC", ["source_50_printed", "target_100_printed"]].tolist() == [46.25, 72.20]


def test_notes_of_stand_ins(evidence, tmp_path):
    """The integrity table says its n, seeds, intervals, stand-ins and number format."""
    load_table("memory_integrity").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "Means over 3 seeds. Test subsets: Drawn wild 120 images of 12 subjects" in text
    assert "95 % intervals, with subjects and seeds as crossed random effects" in text
    assert "Drawn faces stand in for photographs" in text
    assert "Number format of training: bf16 (111 models)." in text
    assert "In parentheses" not in text


def test_notes_of_the_papers_own_data(published, tmp_path):
    """Beside the paper's data stand its figures, what they fit, and how validation was drawn."""
    load_table("memory_integrity").write(published, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "(68.35)" in text
    assert "In parentheses: the figure printed by Tannugi" in text
    assert "741 images, the printed size of MUG's validation subset" in text
    assert "One seed." in text
    load_table("datasets").write(published, tmp_path / "d")
    text = (tmp_path / "d.md").read_text(encoding="utf-8")
    assert "validation is drawn from the subjects trained on" in text
    assert "35,888" in text


def test_best_of_a_column_is_bold(evidence, tmp_path):
    """Each of the four columns has its largest accuracy in bold, ties included."""
    load_table("memory_integrity").write(evidence, tmp_path / "t")
    table = integrity_table(evidence)
    keys = ["source", "target", "evaluated_on"]
    ties = (table["accuracy"] == table.groupby(keys)["accuracy"].transform("max")).sum()
    text = (tmp_path / "t.tex").read_text(encoding="utf-8")
    assert text.count(r"\textbf{") == ties


def test_a_strategy_of_some_fractions_has_their_rows_alone(partial, tmp_path):
    """RE stands once a target, at 100 %; in the printed layout its place at 50 % is empty."""
    table = integrity_table(partial)
    assert table[table["strategy"] == "RE"]["fraction"].tolist() == [100] * 4
    assert table[table["strategy"] == "FC"]["fraction"].tolist() == [50, 50, 100, 100] * 2
    load_table("memory_slides").write(partial, tmp_path / "memory_slides")
    slides = pd.read_csv(tmp_path / "memory_slides.csv")
    row = slides[slides["strategy"] == "RE"]
    assert row["source_50"].isna().all()
    assert row["target_100"].notna().all()
