"""Copies are found by what faces show, in one data set and across, and no two other faces are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.core.paths import Layout
from engram.data.images.align import Face
from engram.data.images.duplicates import DUPLICATE_COLUMNS, find_duplicates, write_duplicates
from engram.data.images.store import write_faces
from engram.data.jobs import DuplicateParams, store_files
from engram.data.split import Split, write_split
from engram.runtime.job_spec import JobFiles

BOX = (0.0, 0.0, 8.0, 8.0)
NONE = (float("nan"),) * 4


def pictures(seed, count=6):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1), np.uint8)


def stored(folder, pixels, labels, undetected=()):
    """Store faces, two of each subject."""
    count = len(pixels)
    manifest = pd.DataFrame(
        {
            "image": [f"{folder.name}-{row}.png" for row in range(count)],
            "subject": [f"s{row // 2}" for row in range(count)],
            "expression": labels,
        }
    )
    found = [row not in undetected for row in range(count)]
    faces = (
        Face(face if seen else face * 0, seen, False, BOX if seen else NONE)
        for face, seen in zip(pixels, found, strict=True)
    )
    return write_faces(folder, manifest, faces, 8, 1)


def halves(count=6):
    """Return a split: two rows in each subset."""
    subsets = np.repeat(["train", "validation", "test"], 2)
    table = {"row": range(count), "subject": [f"s{row // 2}" for row in range(count)], "subset": subsets}
    return Split.from_table(pd.DataFrame(table | {"rank": [0, 1, -1, -1, -1, -1]}))


@pytest.fixture
def planted(tmp_path):
    """Return two data sets: a copy from training to test under another label, and one across data sets."""
    first, second = pictures(1), pictures(2)
    first[4], second[0] = first[1], first[2]
    first[5] = first[1] + np.uint8(1)  # one grey level off: no copy
    labels = ["anger", "fear", "fear", "sadness", "sadness", None]
    stores = {
        "one": stored(tmp_path / "one", first, labels, undetected={0, 3}),
        "two": stored(tmp_path / "two", second, ["neutral"] * 6),
    }
    return stores, {name: halves() for name in stores}


def test_planted_copies_are_found_and_no_other(planted):
    """Two groups of two: undetected faces, which are stored as black, are no copies of one another."""
    table = find_duplicates(*planted, {"one": "expression", "two": "expression"})
    assert tuple(table) == DUPLICATE_COLUMNS
    places = list(zip(table["dataset"], table["row"], strict=True))
    assert places == [("one", 1), ("one", 4), ("one", 2), ("two", 0)]
    assert table["content"].tolist() == [*[table["content"][0]] * 2, *[table["content"][2]] * 2]
    assert table["subset"].tolist() == ["train", "test", "validation", "train"]
    assert table["label"].tolist() == ["fear", "sadness", "fear", "neutral"]
    assert table["image"].tolist() == ["one-1.png", "one-4.png", "one-2.png", "two-0.png"]


def test_without_copies_the_table_is_empty(tmp_path):
    """Its columns are there all the same."""
    stores = {"one": stored(tmp_path / "one", pictures(3), ["fear"] * 6)}
    table = find_duplicates(stores, {"one": halves()}, {"one": "expression"})
    assert (len(table), tuple(table)) == (0, DUPLICATE_COLUMNS)


def test_the_job_reads_stores_and_splits_and_writes_words(planted, tmp_path):
    """The file has a line a copy; a second run gives the same bytes."""
    stores, splits = planted
    layout = Layout(tmp_path)
    for name, split in splits.items():
        write_split(layout.split(name), split.table)
    inputs = JobFiles(
        stores=[file for store in stores.values() for file in store_files(store.folder)],
        splits=[layout.split(name) for name in splits],
    )
    params = DuplicateParams(results=str(tmp_path), tasks={"one": "expression", "two": "expression"})
    written = []
    for name in ("a.csv", "b.csv"):
        write_duplicates(inputs, JobFiles(duplicates=[tmp_path / name]), params)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert written[0].decode().splitlines()[0] == ",".join(DUPLICATE_COLUMNS)
    assert len(written[0].splitlines()) == 5
