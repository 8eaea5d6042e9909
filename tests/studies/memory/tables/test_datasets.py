"""The data sets' tables: sizes, classes, ratios."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.studies.memory.tables import load_table


def test_datasets_count_images_and_people(evidence, published):
    """Subsets have their images and subjects; printed sizes stand beside the paper's own data sets."""
    row = load_table("datasets").frame(evidence).set_index("dataset").loc["lab"]
    assert row[["images", "subjects", "train_images", "test_images", "test_subjects"]].tolist() == [
        400,
        40,
        240,
        120,
        12,
    ]
    assert pd.isna(row["printed_total"])
    assert load_table("datasets").frame(published).set_index("dataset").loc["studio", "printed_test"] == 734


def test_classes_add_up(evidence):
    """Each subset's classes sum to its images and to a hundred percent; labels are counted one by one."""
    table = load_table("memory_classes").frame(evidence)
    sums = table.groupby(["dataset", "subset"])[["images", "percent"]].sum()
    assert sums.loc[("lab", "train")].tolist() == [240, pytest.approx(100)]
    anger = table.set_index(["dataset", "subset", "class"]).loc[("lab", "train", "anger")]
    assert anger["images"] == len(range(0, 240, 7))
    assert anger["percent"] == pytest.approx(100 * 35 / 240)


def test_ratios_are_those_of_the_data_in_use(evidence, published):
    """240 training images on each side: 2 to 1 with half the target's; printed ones beside FER's own."""
    table = load_table("memory_ratios").frame(evidence).set_index(["target", "fraction"])
    assert table["ratio"].to_dict() == {(name, f): 100 / f for name in ("studio", "lab") for f in (50, 100)}
    assert table["printed_ratio"].isna().all()
    printed = load_table("memory_ratios").frame(published).set_index("fraction")["printed_ratio"]
    assert printed[100] == pytest.approx(28709 / 5877)
    assert pd.isna(printed[50])
