"""Images that stand more than once."""

from __future__ import annotations

import pandas as pd

from engram.studies.memory.tables import load_table


def test_duplicates_are_counted_and_named(evidence, tmp_path):
    """One group within test, one from training to test under another label, which the notes warn of."""
    row = load_table("memory_duplicates").frame(evidence).set_index("dataset").loc["wild"]
    assert row[["copies", "in_one_subset", "train_test", "train_validation"]].tolist() == [4, 2, 2, 0]
    assert row[["other_datasets", "labels_differ", "test", "test_seen"]].tolist() == [0, 2, 120, 1]
    load_table("memory_duplicates").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "wild/images.npy#3 (train, happiness) = wild/images.npy#300 (test, sadness)" in text
    assert "Warning: test images of Drawn wild are trained on" in text
    assert "images.npy#290" not in text


def test_copies_across_data_sets_are_seen(evidence, monkeypatch):
    """The source's training face in the target's test subset is one that was seen."""
    rows = [("cc", "wild", 5, "a", "p", "train", "fear"), ("cc", "lab", 390, "b", "q", "test", "fear")]
    found = pd.DataFrame(rows, columns=list(evidence.duplicates))
    monkeypatch.setitem(vars(evidence), "duplicates", found)
    table = load_table("memory_duplicates").frame(evidence).set_index("dataset")
    assert table.loc[["wild", "lab"], "other_datasets"].tolist() == [1, 1]
    assert table.loc[["wild", "lab"], "copies"].tolist() == [0, 0]
    assert table.loc[["wild", "lab"], "test_seen"].tolist() == [0, 1]


def test_without_copies_the_table_says_so(evidence, monkeypatch, tmp_path):
    """No group at all is no error."""
    monkeypatch.setitem(vars(evidence), "duplicates", evidence.duplicates.iloc[:0])
    load_table("memory_duplicates").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "No copy crosses subsets or data sets" in text
