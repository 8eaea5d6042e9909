"""Copies leave training and validation, never test; all else stays as it was split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.config import SplitSettings
from engram.core.errors import SplitError
from engram.core.paths import Layout
from engram.data.images.copies import drop_copies, write_split_without_copies
from engram.data.jobs import SearchedDataset, SplitWithoutCopiesParams, store_files
from engram.data.split import DROPPED, Split, dropped_images, read_split
from engram.data.splitting import make_split
from engram.runtime.job_spec import JobFiles
from tests.data.images.test_duplicates import pictures, stored

_ORDER = {"train": 0, "validation": 1, "test": 2, DROPPED: -1}


@dataclass(frozen=True)
class Drawn:
    """Splits of two data sets, and what each face shows."""

    splits: dict[str, pd.DataFrame]
    contents: dict[str, pd.Series]


@st.composite
def drawn_splits(draw) -> Drawn:
    """Draw splits with and without folds, in which some faces are copies and some were not detected."""
    splits, contents = {}, {}
    for name in ("one", "two"):
        folds = draw(st.sampled_from([None, 3]))
        subjects = np.repeat([f"s{number}" for number in range(9)], 2)
        index = pd.DataFrame({"subject": subjects, "expression": ["fear"] * 18})
        chosen = SplitSettings(validation=0.2, test=0.3, seed=draw(st.integers(0, 3)), folds=folds)
        splits[name] = make_split(index, chosen, "expression", name)
        own = [f"{name}{row}" for row in range(18)]
        # A face of its own, one of two that both data sets may show, or none.
        shown = [draw(st.sampled_from([face, face, face, "x", "y", None])) for face in own]
        contents[name] = pd.Series(shown, dtype=object).dropna()
    return Drawn(splits, contents)


def _models(tables: dict[str, pd.DataFrame], contents: dict[str, pd.Series]) -> Iterator[dict[str, set]]:
    """Yield what a model of each fold meets: subset -> contents, over both data sets."""
    for fold in (1, 2, 3):
        mine = []
        for name, table in tables.items():
            part = table[table["fold"].isin([0, fold])]
            mine.append(part.assign(content=part["row"].map(contents[name])))
        # Where neither has folds the three are one.
        met = pd.concat(mine).dropna(subset="content")
        yield {subset: {*met["content"][met["subset"] == subset]} for subset in _ORDER}


@given(drawn_splits())
def test_no_model_trains_on_what_it_is_tested_on(drawn):
    """And nothing else is dropped; test subsets are whole, and the result is a split."""
    try:
        tables = drop_copies(drawn.splits, drawn.contents)
    except SplitError:
        return
    for met in _models(tables, drawn.contents):
        assert not met["train"] & (met["test"] | met["validation"])
        assert not met["validation"] & met["test"]
    everywhere = pd.concat(
        [table.assign(content=table["row"].map(drawn.contents[name])) for name, table in drawn.splits.items()]
    )
    for name, table in tables.items():
        before = drawn.splits[name]
        Split.from_table(table)
        assert table[["row", "subject", "fold"]].equals(before[["row", "subject", "fold"]])
        gone = table["subset"] == DROPPED
        assert table["subset"][~gone].equals(before["subset"][~gone])
        assert not (gone & (before["subset"] == "test")).any()
        for place in np.flatnonzero(gone):
            face = before.iloc[place]
            same = everywhere[everywhere["content"] == drawn.contents[name].get(face["row"])]
            later = same["subset"].map(_ORDER) > _ORDER[face["subset"]]
            assert (later & (same["fold"].isin([0, face["fold"]]) | (face["fold"] == 0))).any()


@given(drawn_splits())
def test_fractions_stay_nested_and_in_order(drawn):
    """A smaller fraction lies in a larger one, and what is left keeps its order."""
    try:
        tables = drop_copies(drawn.splits, drawn.contents)
    except SplitError:
        return
    for name, table in tables.items():
        split, before = Split.from_table(table), Split.from_table(drawn.splits[name])
        parts = [{*split.rows("train", percent)} for percent in (25, 50, 100)]
        assert parts[0] <= parts[1] <= parts[2] <= {*before.rows("train")}


def test_a_subset_of_copies_alone_is_refused():
    """The message names the data set and the setting."""
    table = pd.DataFrame(
        {"row": [0, 1, 2], "subject": ["a", "b", "c"], "subset": ["train", "validation", "test"]}
    ).assign(rank=[0, -1, -1], scheme="subject", fold=0)
    with pytest.raises(SplitError, match=r"'one': each train face is a copy.*memory\.drop_copies"):
        drop_copies({"one": table}, {"one": pd.Series(["x", "y", "x"])})


def test_the_job_drops_planted_copies(tmp_path):
    """A training face that another data set tests, and nothing more."""
    layout = Layout(tmp_path)
    first, second = pictures(1, 20), pictures(2, 20)
    plain = SplitSettings(validation=0.2, test=0.3)
    stores = {name: stored(layout.faces(name), first, ["fear"] * 20) for name in ("one", "two")}
    split = make_split(stores["one"].index, plain, "expression", "one")
    trained, tested = (int(split["row"][split["subset"] == name].iloc[0]) for name in ("train", "test"))
    second[tested] = first[trained]
    stores["two"] = stored(layout.faces("two"), second, ["fear"] * 20)
    searched = {name: SearchedDataset(split=plain, task="expression") for name in stores}
    params = SplitWithoutCopiesParams(results=str(tmp_path), searched=searched)
    files = [file for name in stores for file in store_files(layout.faces(name))]
    splits = [layout.split(name) for name in stores]
    write_split_without_copies(JobFiles(stores=files), JobFiles(splits=splits), params)
    found = read_split(layout.split("one"), 20)
    assert found.table["row"][found.table["subset"] == DROPPED].tolist() == [trained]
    assert dropped_images(found.table) == 1
    assert {*found.rows("train")} == {*split["row"][split["subset"] == "train"]} - {trained}
