"""Curves of forgetting."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.studies.memory.tables import load_table
from tests.studies.memory.tables.columns import COLUMNS


def test_curves_are_means_over_the_seeds_that_trained_so_long(evidence):
    """Epoch 0 is the parent's accuracy; the last epochs are those of the seed that trained longest."""
    table = load_table("memory_curves").frame(evidence)
    model = ["wild", "lab", "RE", 50, "source"]
    keys = ["source", "target", "strategy", "fraction", "evaluated_on"]
    rows = table[(table[keys] == model).all(axis=1)].set_index("epoch")
    records = [evidence.training["wild.base/lab-50.all", seed] for seed in (1, 2, 3)]
    assert rows.loc[0, ["seeds", "n", "accuracy"]].tolist() == pytest.approx([3, 40, 65])
    third = [100 * record.curves[3]["wild"] for record in records]
    assert rows.loc[3, ["accuracy", "low", "high"]].tolist() == pytest.approx(
        [sum(third) / 3, min(third), max(third)]
    )
    assert max(rows.index) == max(len(record.history) for record in records)
    assert rows["seeds"].iloc[-1] < 3


def test_without_a_strategy_that_adapts_there_are_no_curves(small, tmp_path):
    """The table has its columns and no row."""
    load_table("memory_curves").write(small, tmp_path / "t")
    assert pd.read_csv(tmp_path / "t.csv").columns.tolist() == COLUMNS["memory_curves"]


def test_curves_say_when_it_is_forgotten(evidence, tmp_path):
    """The page has the points lost after one epoch, in the model that is kept, and after the last epoch."""
    load_table("memory_curves").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    records = [evidence.training["wild.base/studio.head", seed] for seed in (1, 2, 3)]
    first = [100 * (record.curves[0]["wild"] - record.curves[1]["wild"]) for record in records]
    kept = [
        100 * (record.curves[0]["wild"] - record.curves[int(record.metrics["best_epoch"])]["wild"])
        for record in records
    ]
    line = next(line for line in text.splitlines() if line.startswith("| FC | 100 %"))
    cells = [cell.strip().split(" ")[0] for cell in line.split("|")[3:5]]
    assert cells == [f"{sum(lost) / 3:.1f}" for lost in (first, kept)]
    assert "FU" not in text
