"""Claims: the verdicts' logic, the printed figures' counts, and the files that are written."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.core.errors import ConfigurationError
from engram.reporting import claims
from engram.reporting.claims import Basis, Claim, Claims, judge, read_claims, summarise, verdict
from engram.studies.memory.claims import CLAIMS_FILE, memory_bases, newcombe, write_memory_claims

CASES = [
    ("greater", 0.1, 3.0, 0.0, "holds"),
    ("greater", -3.0, -0.1, 0.0, "does not hold"),
    ("greater", -1.0, 2.0, 0.0, "undecided"),
    ("greater", 0.0, 2.0, 0.0, "undecided"),
    ("greater", 0.0, 0.0, 0.0, "undecided"),
    ("less", -3.0, -0.1, 0.0, "holds"),
    ("less", 0.1, 3.0, 0.0, "does not hold"),
    ("less", -1.0, 2.0, 0.0, "undecided"),
    ("within", -0.5, 0.7, 0.7, "holds"),
    ("within", -0.5, 0.8, 0.7, "undecided"),
    ("within", -9.0, 9.0, 0.7, "undecided"),
    ("within", 0.8, 2.0, 0.7, "does not hold"),
    ("within", -2.0, -0.8, 0.7, "does not hold"),
]


@pytest.mark.parametrize(("relation", "low", "high", "margin", "expected"), CASES)
def test_verdict_of_one_comparison(relation, low, high, margin, expected):
    """The verdict follows from where the interval of the difference lies."""
    assert verdict(relation, low, high, margin) == expected


def _study(**changes) -> Claims:
    claim = {
        "id": "new_beats_old",
        "text": "The new method beats the old one.",
        "for_each": [{"method": ["new", "newer"]}],
        "left": {"method": "each"},
        "right": {"method": "old"},
        "relation": "greater",
    }
    return Claims(study="toy", paper="Toy", within=["place"], claims=[Claim.model_validate(claim | changes)])


def _basis(values: dict[tuple[str, str], float], half: float = 1.0) -> Basis:
    rows = [
        {"place": place, "method": name, "label": name, "value": v} for (place, name), v in values.items()
    ]

    def interval(left: dict, right: dict) -> tuple[float, float]:
        difference = left["value"] - right["value"]
        return difference - half, difference + half

    return Basis("toy", "toy data", "", pd.DataFrame(rows), interval)


OVERALL = [
    ({"new": 5, "newer": 9, "old": 1}, "holds"),
    ({"new": 5, "newer": 1, "old": 1}, "undecided"),
    ({"new": 5, "newer": -4, "old": 1}, "does not hold"),
    ({"new": 1, "newer": -4, "old": 1}, "does not hold"),
    ({"new": 5, "old": 1}, "undecided"),
    ({"new": -5, "old": 1}, "does not hold"),
    ({"old": 1}, "not tested"),
    ({"new": 5, "newer": 9}, "not tested"),
]


@pytest.mark.parametrize(("values", "expected"), OVERALL)
def test_verdict_of_a_claim(values, expected):
    """A claim holds if all comparisons do, fails with one, and is not tested if none can be made."""
    study = _study()
    table = judge(study, _basis({("here", name): value for name, value in values.items()}))
    row = summarise(study, table).iloc[0]
    assert (row["verdict"], row["comparisons"]) == (expected, 2)


def test_comparisons_stay_within_their_place():
    """Each place is compared with itself, and an excluded place not at all."""
    values = {
        (place, name): level + step
        for place, level in (("a", 0), ("b", 50), ("c", 90))
        for name, step in (("new", 5), ("newer", 6), ("old", 0))
    }
    table = judge(_study(**{"except": {"place": ["c"]}}), _basis(values))
    assert table["place"].tolist() == ["a", "a", "b", "b"]
    assert table["difference"].tolist() == [5, 6, 5, 6]


@pytest.mark.parametrize(
    "changes",
    [
        {"margin": 1.0},
        {"relation": "within"},
        {"right": {"place": "a"}},
        {"relation": "bigger"},
        {"colour": "red"},
    ],
)
def test_unsound_claims_are_refused(changes):
    """A margin without 'within', unlike selectors, an unknown relation or key are refused."""
    with pytest.raises(ValueError, match="validation error"):
        _study(**changes)


def test_missing_claims_are_refused(tmp_path):
    """A study without a file of claims is named."""
    with pytest.raises(ConfigurationError, match=r"nonsense"):
        read_claims(tmp_path / "nonsense.yaml")


@pytest.fixture(scope="module")
def judged(evidence):
    study = read_claims(CLAIMS_FILE)
    table = pd.concat([judge(study, basis) for basis in memory_bases(evidence)], ignore_index=True)
    return summarise(study, table).set_index(["basis", "claim"]), table


def test_printed_figures_bear_all_claims(judged):
    """On the printed figures the paper's six claims hold; it prints no model of the target alone."""
    rows = judged[0].loc["printed"]
    assert rows["verdict"].tolist() == [*["holds"] * 6, "not tested"]
    assert rows["holds"].tolist() == [18, 18, 6, 6, 8, 24, 0]
    assert rows["comparisons"].tolist() == [18, 18, 6, 6, 8, 24, 24]


def test_binomial_intervals_leave_claims_undecided(judged):
    """With binomial intervals only the loss on the large source is wholly beyond doubt."""
    rows = judged[0].loc["printed_binomial"]
    assert rows["verdict"].tolist() == ["undecided", "holds", *["undecided"] * 4, "not tested"]
    assert rows["holds"].tolist() == [15, 18, 0, 5, 5, 22, 0]
    assert rows["does_not_hold"].sum() == 0


def test_our_data_are_compared_within_each_transfer(judged):
    """Two transfers give so many comparisons of each claim; the simulated strong effects hold."""
    rows = judged[0].loc["measured"]
    assert rows["comparisons"].tolist() == [12, 12, 4, 4, 8, 16, 16]
    assert rows.loc["merging_raises_target", "verdict"] == "holds"


def test_our_differences_are_the_paired_ones(judged, evidence):
    """A comparison's numbers are the models' accuracies and their paired interval."""
    table = judged[1]
    row = table[(table["basis"] == "measured") & (table["left"] == "FC 50 %")].iloc[0]
    paired = evidence.scores["studio"].difference("wild.base/studio-50.head", "wild.base")
    assert (row["difference"], row["low"], row["high"]) == pytest.approx(
        (paired.value, paired.low, paired.high)
    )


def test_strategies_that_are_not_run_are_not_tested(small):
    """With BL and FU alone the claims on fine-tuning are not tested."""
    study = read_claims(CLAIMS_FILE)
    rows = summarise(study, judge(study, memory_bases(small)[0])).set_index("claim")
    assert rows.loc["adapting_raises_target", "verdict"] == "not tested"
    assert rows.loc["adapting_lowers_source", "verdict"] == "not tested"
    assert rows.loc["merging_is_best", "not_tested"] == 3


def test_newcombe_by_his_own_example():
    """Newcombe (1998), table II, contrast (a): 56 of 70 against 48 of 80 by method 10."""
    assert newcombe(56 / 70, 48 / 80, (70, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_files_are_written_and_read_well(evidence, tmp_path):
    """The three files are there; the page gives words, numbers, signs and the stand-ins."""
    write_memory_claims(evidence, tmp_path)
    summary, table = pd.read_csv(tmp_path / "claims.csv"), pd.read_csv(tmp_path / "claims_comparisons.csv")
    assert len(summary) == 21
    assert set(table["basis"]) == {"measured", "printed", "printed_binomial"}
    page = (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert "| 1. Adapting raises target | **" in page
    assert "On the printed figures: **holds**. 18 of 18 comparisons hold" in page
    assert "differences from −0.66 to +0.64 points (margin 0.7)" in page
    assert "Drawn faces stand in for photographs" in page
    assert "| FER → TFEID | FC 50 % > BL | 67.24 | 31.03 |" in page
    assert "nan" not in page


def test_claims_that_were_not_tested_read_well(small, tmp_path):
    """A claim without its strategies says so in words, not with empty numbers."""
    write_memory_claims(small, tmp_path)
    page = (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert "On our data: not tested. The values that it compares are not there." in page
    assert "nan" not in page


def test_the_yaml_covers_the_columns_of_its_table(evidence):
    """Every selector and exclusion of the memory claims names a column of each basis."""
    for basis in memory_bases(evidence):
        for claim in read_claims(CLAIMS_FILE).claims:
            assert {*claim.left, *claim.excluded, *read_claims(CLAIMS_FILE).within} <= {*basis.values}
    assert set(claims.VERDICTS) >= set(judge(read_claims(CLAIMS_FILE), memory_bases(evidence)[1])["verdict"])
