"""Groups of faces: their values and gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.studies.general.evidence.collect import collect_general
from engram.studies.general.tables.general_groups import groups_frame
from engram.studies.general.tables.general_transfer import transfer_frame
from tests.simulated_answers import FACES, SUBJECTS
from tests.simulated_general import general_settings, write_general_run


def test_groups_add_up(general):
    """The groups of an attribute hold all faces, and their weighted mean is the value of all faces."""
    table = groups_frame(general)
    assert "press" not in set(table["task"])
    overall = transfer_frame(general).set_index(["task", "method"])["value"]
    for (name, attribute, method), part in table.groupby(["task", "attribute", "method"]):
        assert part["n"].sum() == SUBJECTS * FACES, attribute
        assert np.average(part["value"], weights=part["n"]) == pytest.approx(overall[(name, method)])


def test_gaps_are_to_all_others(general):
    """A group's value minus that of the rest, negative where it is served worse; two groups mirror."""
    table = groups_frame(general)
    keys = ["task", "attribute", "method"]
    for (name, attribute, method), part in table.groupby(keys):
        better = -1 if part["metric"].iloc[0] in ("MAE", "error rate") else 1
        for row in part.itertuples():
            others = part[part["group"] != row.group]
            rest = np.average(others["value"], weights=others["n"])
            assert row.gap == pytest.approx(better * (row.value - rest)), (name, attribute, method)
        if len(part) == 2:
            assert part["gap"].sum() == pytest.approx(0)
    rows = table.set_index([*keys, "group"]).sort_index()
    change = rows["gap"].xs("h_unique_tuned", level=2) - rows["gap"].xs("h_g", level=2)
    found = rows["change"].xs("h_unique_tuned", level=2)
    pd.testing.assert_series_equal(change, found, check_names=False)
    assert rows["change"].xs("h_g", level=2).isna().all()


def test_a_group_of_few_subjects_has_a_gap_without_an_interval(tmp_path):
    """Six women and six men have intervals, three children have none; the paired one is the tighter."""
    settings = general_settings(seeds=[1, 2, 3])
    write_general_run(settings, tmp_path)
    table = groups_frame(collect_general(settings, tmp_path)).set_index(["attribute", "subjects"])
    assert table.loc[("gender", 6), "gap_low"].notna().all()
    assert table.loc[("age_group", 3), "gap_low"].isna().all()
    assert table.loc[("age_group", 3), "gap"].notna().all()
    row = table.loc[("gender", 6)].query("method == 'h_unique_tuned'").iloc[0]
    assert row["gap_low"] < row["gap"] < row["gap_high"]
    assert row["change_low"] < row["change"] < row["change_high"]
