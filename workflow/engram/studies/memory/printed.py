"""Printed figures of Tannugi, Britto and Koerich (2019)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.reporting.published import read_published

__all__ = ["FACTS", "printed_ratio", "printed_test_size", "read_printed"]

#: The columns of each printed table, and how many of the first name a row.
_TABLES = {
    "datasets": (("dataset", "total", "training", "validation", "test"), 1),
    "integrity": (("source", "target", "evaluated_on", "strategy", "fraction", "accuracy"), 5),
}

#: What the printed figures themselves show, for the notes of the tables.
FACTS = {
    "JAFFE": "All nine printed JAFFE accuracies are whole numbers of the printed 67 test images.",
    "TFEID": "Eight of nine printed TFEID accuracies are whole numbers of the printed 58 test images; "
    "the ninth, 86.03, is not (50 of 58 are 86.21).",
    "FER": "The printed FER accuracies are whole numbers of 3,589 test images, but for 67.69 (2,429 are "
    "67.68). The printed parts of FER sum to 35,887; the paper prints a total of 35,888.",
    "MUG": "All nine printed MUG accuracies are whole numbers of 741 images, the printed size of MUG's "
    "validation subset; none is one of the printed 734 test images. Either the two sizes are exchanged in "
    "print, or these are accuracies on validation.",
}


def read_printed(table: str) -> pd.DataFrame:
    """Return a printed table, such as ``integrity`` (percent); see `engram.reporting.published`."""
    return read_published(Path(__file__).with_name("published") / f"{table}.csv", *_TABLES[table])


def printed_test_size(dataset: str) -> int:
    """Return the printed number of test images of a data set, by its published name."""
    sizes = read_printed("datasets").set_index("dataset")["test"]
    return int(sizes[dataset])


def printed_ratio(source: str | None, target: str | None) -> float:
    """Return how many printed training images of one data set stand against one of another.

    NaN if one of the two, by their published names, is none of the paper's.
    """
    sizes = read_printed("datasets").set_index("dataset")["training"]
    return float(sizes[source] / sizes[target]) if {source, target} <= {*sizes.index} else float("nan")
