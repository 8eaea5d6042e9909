"""The difference of two models from a plain table, and the tables that it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import PredictionsError
from engram.statistics import difference


def _table(subjects: int = 8, seeds: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(2)
    rows = [
        (f"s{subject}", seed, f"s{subject}-{image}", random.random() < 0.8, random.random() < 0.5)
        for subject in range(subjects)
        for seed in range(seeds)
        for image in range(subject + 1)
    ]
    return pd.DataFrame(rows, columns=["subject", "seed", "item", "left", "right"])


def test_the_value_is_the_plain_mean():
    """Items weigh the same, whosever they are."""
    table = _table()
    found = difference(table)
    assert found.value == pytest.approx((table["left"].astype(int) - table["right"].astype(int)).mean())
    assert found.low < found.value < found.high
    assert (found.n_subjects, found.n_seeds) == (8, 3)
    assert 2 <= found.degrees_of_freedom <= 9


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random):
    """Shuffled rows give the same numbers."""
    table = _table()
    order = list(range(len(table)))
    random.shuffle(order)
    found, expected = difference(table.iloc[order]), difference(table)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


FAULTS = [
    (lambda table: table.drop(columns="item"), "lacks column 'item'"),
    (lambda table: table.iloc[:0], "no rows"),
    (lambda table: table.iloc[1:], "not there for each of the 3 seeds"),
    (lambda table: pd.concat([table, table.iloc[:1]]), "occurs twice"),
    (lambda table: table.assign(subject=[*table["subject"][:-1], "s0"]), "belongs to 2 subjects"),
    (lambda table: table.assign(left=table["left"].where(table.index > 3)), "'left' lacks values"),
]


@pytest.mark.parametrize(("fault", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_faulty_table_is_refused(fault, message):
    """The error names the column or the item."""
    with pytest.raises(PredictionsError, match=message):
        difference(fault(_table()))
