"""What holds for every table of the general study."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.reporting.tables import bracketed
from engram.studies.general.tables import TABLES
from engram.studies.general.tables_step import write_general_tables
from tests.studies.general.tables.columns import COLUMNS, frame_of


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_exact(name, general):
    """The columns are those that other rooms read, in their order."""
    assert list(frame_of(name, general)) == COLUMNS[name]


@pytest.mark.parametrize("name", TABLES)
def test_keys_name_each_row_once(name, general):
    """A reader, and a macro of LaTeX, can ask for one number."""
    table = TABLES[name].load("TABLE")
    frame = table.frame(general)
    assert table.keys
    assert not frame.duplicated([*table.keys]).any()


def test_every_table_has_a_caption():
    """The report shows the first paragraph of each module's docstring."""
    assert len(TABLES) == 12
    assert all(table.summary.endswith(".") for table in TABLES.values())


def test_all_tables_are_written(general, tmp_path):
    """Every table comes in four forms, and no form shows a bare NaN."""
    write_general_tables(general, tmp_path)
    for name in TABLES:
        for ending in ("md", "tex", "html"):
            assert "nan" not in (tmp_path / f"{name}.{ending}").read_text(encoding="utf-8").lower()
        assert len(pd.read_csv(tmp_path / f"{name}.csv")) == len(frame_of(name, general))


def test_an_interval_that_is_not_known_has_no_brackets():
    """Too few subjects or seeds: the value stands alone."""
    assert bracketed(float("nan"), float("nan"), str) == ""
    assert bracketed(1.25, 3.0, "{:.1f}".format) == "[1.2, 3.0]"
