"""What holds for every table of the memory study."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.studies.memory.tables import TABLES, load_table
from tests.studies.memory.tables.columns import COLUMNS


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_exact(name, evidence):
    """The columns are those that other rooms read, in their order."""
    assert list(load_table(name).frame(evidence)) == COLUMNS[name]


@pytest.mark.parametrize("name", TABLES)
def test_keys_name_each_row_once(name, evidence):
    """A reader, and a macro of LaTeX, can ask for one number."""
    table = load_table(name)
    frame = table.frame(evidence)
    assert table.keys
    assert not frame.duplicated([*table.keys]).any()


def test_all_tables_are_written(evidence, tmp_path):
    """Every table comes in three forms, and no form shows a bare NaN."""
    for name in TABLES:
        load_table(name).write(evidence, tmp_path / name)
        for ending in ("md", "tex"):
            text = (tmp_path / f"{name}.{ending}").read_text(encoding="utf-8")
            assert "nan" not in text.lower()
        assert list(pd.read_csv(tmp_path / f"{name}.csv")) == list(load_table(name).frame(evidence))


@pytest.mark.parametrize("name", TABLES)
def test_every_table_stands_folds(name, folded, tmp_path):
    """Each has its columns, its rows under the lineages' own names, and says where there are folds."""
    table = load_table(name)
    frame = table.frame(folded)
    assert list(frame) == COLUMNS.get(name, list(frame))
    assert len(frame)
    assert not frame.duplicated([*table.keys]).any()
    assert "-fold" not in frame.to_csv()
    table.write(folded, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    says = name in (
        "datasets",
        *(f"memory_{kind}" for kind in ("integrity", "slides", "forgetting", "matrix", "questions")),
    )
    assert says == ("in 2 folds of its subjects" in text)
