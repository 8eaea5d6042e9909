"""Takes: frames of one sequence stay together, in validation as in fractions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engram.config import SplitSettings
from engram.core.labels import EXPRESSIONS
from engram.data.split import Split
from engram.data.splitting import make_split
from engram.data.takes import choose_whole, fraction_units, nested_ranks, take_units


@st.composite
def sequences(draw):
    """Draw an index of 4 to 8 subjects with takes of 1 to 6 frames, whose names repeat among subjects."""
    rows = []
    for subject in range(draw(st.integers(4, 8))):
        takes = [*EXPRESSIONS[:2], *draw(st.lists(st.sampled_from(EXPRESSIONS[:2]), max_size=4))]
        for take, label in enumerate(takes):
            rows += [(f"s{subject}", label, f"take{take}")] * draw(st.integers(1, 6))
    return pd.DataFrame(rows, columns=["subject", "expression", "x_take"])


@settings(max_examples=40, deadline=None)
@given(sequences(), st.data())
def test_a_size_is_met_by_whole_takes_where_it_can_be(index, data):
    """There are exactly as many rows as asked; a take is cut only if no takes add up, and only one."""
    count = data.draw(st.integers(1, len(index) - 1))
    units = take_units(index.rename(columns={"x_take": "take"}))
    chosen = choose_whole(units, index["expression"].to_numpy(), count, seed=data.draw(st.integers(0, 3)))
    assert chosen.sum() == count
    sizes, inside = np.bincount(units), np.bincount(units[chosen], minlength=units.max() + 1)
    cut = ((inside > 0) & (inside < sizes)).sum()
    assert cut == (count not in sums(sizes.tolist()))


def sums(sizes):
    """Return every sum of some of the sizes: the slow reference."""
    found = {0}
    for size in sizes:
        found |= {total + size for total in found}
    return found


@settings(max_examples=40, deadline=None)
@given(sequences(), st.lists(st.integers(1, 100), min_size=2, max_size=4))
def test_fractions_are_nested_and_of_whole_takes(index, percents):
    """A take is in a fraction with all of its frames or with none; the size is the nearest of the order."""
    split = Split.from_table(make_split(index, SplitSettings(), "expression", "drawn"))
    whole, before = split.rows("train"), set()
    names = index["subject"] + index["x_take"]
    for percent in sorted(percents):
        rows = split.rows("train", percent)
        assert not set(names[rows]) & set(names[sorted(set(whole) - set(rows))])
        assert before <= set(rows)
        # The first unit is always in, however large it is.
        first = names[rows].nunique() == 1
        assert len(rows) == len(whole) or len(rows) - percent * len(whole) / 100 <= 4 or first
        before = set(rows)
    assert set(split.rows("train", 100)) == set(whole)


def test_classes_are_spread_over_the_order():
    """Takes of one class each: every beginning has a class in its share to within a take."""
    labels = np.repeat(np.array(["a", "b", "a", "c"] * 12), 3)
    units = np.repeat(np.arange(48), 3)
    ranks = nested_ranks(units, labels, seed=1)
    for count in range(3, 145, 3):
        beginning = labels[ranks < count]
        assert len(beginning) == count
        for name, share in {"a": 0.5, "b": 0.25, "c": 0.25}.items():
            assert abs((beginning == name).sum() - share * count) <= 3


def test_units():
    """A take counts within its subject; rows without one stand alone, or with their subject in fractions."""
    rows = pd.DataFrame({"subject": list("aaabb"), "take": ["t", "t", None, "t", None]})
    assert take_units(rows).tolist() == [0, 0, 1, 2, 3]
    assert fraction_units(rows).tolist() == [0, 0, 1, 2, 3]
    unknown = rows.assign(take=None)
    assert take_units(unknown).tolist() == [0, 1, 2, 3, 4]
    assert fraction_units(unknown).tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(("sizes", "count", "cut"), [((3, 5, 2), 5, 0), ((4, 4, 4), 6, 1), ((9, 9), 2, 1)])
def test_a_take_is_cut_only_where_no_others_add_up(sizes, count, cut):
    """Two takes of 3 and 2, or the one of 5, are whole; 6 of fours needs a half of one."""
    units = np.repeat(np.arange(len(sizes)), sizes)
    chosen = choose_whole(units, np.full(len(units), "a"), count, seed=4)
    assert chosen.sum() == count
    inside = np.bincount(units[chosen], minlength=len(sizes))
    assert sum(0 < part < size for part, size in zip(inside, sizes, strict=True)) == cut


def test_mug_s_sequences_keep_the_printed_sizes():
    """52 subjects with some 7,352 frames in sequences: 741 validate, and no sequence is cut."""
    rng = np.random.default_rng(0)
    rows = [
        (f"{subject:03d}", EXPRESSIONS[take % 7], f"take{take}")
        for subject in range(52)
        for take in range(rng.integers(8, 15))
        for _ in range(rng.integers(7, 19))
    ]
    index = pd.DataFrame(rows, columns=["subject", "expression", "x_take"])
    asked = SplitSettings(scheme="published", sizes=(5877, 741, 734))
    split = make_split(index, asked, "expression", "MUG").assign(take=index["x_take"])
    assert (split["subset"] == "validation").sum() == 741
    assert abs((split["subset"] == "test").sum() - 734) <= 3
    assert split.groupby(["subject", "take"])["subset"].nunique().max() == 1
    shares = split["subset"].groupby(index["expression"]).value_counts(normalize=True).unstack()["validation"]
    assert shares.max() - shares.min() < 0.05
