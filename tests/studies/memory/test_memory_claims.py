"""The trade-off of source and target: its values and intervals, on printed figures and on ours."""

from __future__ import annotations

from operator import sub

import numpy as np
import pytest

from engram.studies.memory.claims import mean_interval, memory_bases


def _row(basis, **wanted):
    table = basis.values
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0].to_dict()


def test_the_mean_of_independent_estimates():
    """Half-widths of 3 and 4 give 5 / 2; ends that are not alike stay apart."""
    assert mean_interval([10, 20], [(7, 13), (16, 24)]) == pytest.approx((12.5, 17.5))
    assert mean_interval([0, 0], [(-3, 6), (-4, 8)]) == pytest.approx((-2.5, 5))


def test_printed_trade_off_by_hand(evidence):
    """JAFFE: FU at 100 % has (68.40 + 68.66) / 2, and BL (68.35 + 40.30) / 2 beside each fraction."""
    printed = memory_bases(evidence)[1]
    both = {"evaluated_on": "both", "target": "JAFFE"}
    assert _row(printed, strategy="FU", fraction=100, **both)["value"] == pytest.approx(68.53)
    for fraction in (50, 100):
        baseline = _row(printed, strategy="BL", fraction=fraction, **both)
        assert (baseline["value"], baseline["label"]) == (pytest.approx(54.325), "BL")


def test_printed_trade_off_has_an_interval_narrower_than_the_small_side(evidence):
    """Half the square root of both sides' squares: JAFFE's 67 images make most of it."""
    basis = memory_bases(evidence)[2]
    sides, found = [], {}
    for role in ("source", "target", "both"):
        wanted = {"evaluated_on": role, "target": "JAFFE", "fraction": 100}
        rows = [_row(basis, strategy=name, **wanted) for name in ("FU", "RE")]
        estimate = basis.difference(*rows, sub).interval(0.95)
        found[role] = (estimate.low, estimate.high)
        sides.append(rows[0]["value"] - rows[1]["value"])
    low = np.hypot(sides[0] - found["source"][0], sides[1] - found["target"][0]) / 2
    assert found["both"][0] == pytest.approx(sides[2] - low)
    assert found["both"][1] - found["both"][0] < 0.6 * (found["target"][1] - found["target"][0])


def test_our_trade_off_is_the_mean_of_both_sides(evidence):
    """Value and difference of two models are the means of those on each side."""
    scores = evidence.both_sides["wild", "studio"]
    sides = [evidence.scores[name] for name in ("wild", "studio")]
    model, baseline = "wild.base/studio.head", "wild.base"
    assert scores.of(model).value == pytest.approx(np.mean([side.of(model).value for side in sides]))
    difference = scores.difference(model, baseline)
    assert difference.value == pytest.approx(
        np.mean([side.difference(model, baseline).value for side in sides])
    )
    assert difference.low < difference.value < difference.high


def test_the_target_alone_has_no_trade_off(evidence):
    """It was never trained on the source: no comparison names it on both sides."""
    table = memory_bases(evidence)[0].values
    assert "TO" not in set(table[table["evaluated_on"] != "target"]["strategy"])
    assert "TO" in set(table[table["evaluated_on"] == "target"]["strategy"])
