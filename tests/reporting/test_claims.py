"""Claims: the verdicts' logic, the printed figures' counts, and the files that are written."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest
from scipy.stats import norm

from engram.core.errors import ConfigurationError
from engram.reporting.claims import Basis, Claim, Claims, read_claims
from engram.reporting.judging import judge
from engram.reporting.verdicts import VERDICTS, everywhere, p_values, verdict
from engram.statistics.crossed import Estimate
from engram.studies.memory.claims import CLAIMS_FILE, memory_bases, newcombe, write_memory_claims

#: The slides' own claims.
OURS = (
    "adapting_raises_target",
    "adapting_lowers_source",
    "merging_keeps_source",
    "merging_raises_target",
    "merging_is_best",
    "merging_is_best_trade_off",
)

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
    ("not_worse", -0.6, 9.0, 0.7, "holds"),
    ("not_worse", -0.7, 9.0, 0.7, "undecided"),
    ("not_worse", -9.0, -0.6, 0.7, "undecided"),
    ("not_worse", -9.0, -0.8, 0.7, "does not hold"),
    ("greater", nan, nan, 0.0, "no verdict"),
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


class _Normal:
    """A difference with a normal interval, whose half width at 95 % is given."""

    def __init__(self, value: float, half: float):
        self.value, self.half = value, half

    def interval(self, confidence: float = 0.95) -> Estimate:
        half = self.half * norm.ppf((1 + confidence) / 2) / norm.ppf(0.975)
        return Estimate(self.value, self.value - half, self.value + half, 9.0, 10, 3)

    def __mul__(self, factor):
        return _Normal(self.value * factor, self.half * abs(factor))


def _mean(parts):
    return _Normal(sum(p.value for p in parts) / len(parts), max(p.half for p in parts))


def _basis(values: dict[tuple[str, str], float], half: float = 1.0, **changes) -> Basis:
    rows = [
        {"place": place, "method": name, "label": name, "value": v} for (place, name), v in values.items()
    ]

    def difference(left: dict, right: dict, function) -> _Normal:
        return _Normal(function(left["value"], right["value"]), half)

    return Basis("toy", "toy data", "", pd.DataFrame(rows), difference, pool=_mean, **changes)


#: Values, the verdict everywhere and on average. The interval's half width is 1.
OVERALL = [
    ({"new": 5, "newer": 9, "old": 1}, "holds", "holds"),
    ({"new": 5, "newer": 1, "old": 1}, "undecided", "holds"),
    ({"new": 5, "newer": -4, "old": 1}, "does not hold", "undecided"),
    ({"new": 1, "newer": -4, "old": 1}, "does not hold", "does not hold"),
    ({"new": 5, "old": 1}, "undecided", "holds"),
    ({"new": -5, "old": 1}, "does not hold", "does not hold"),
    ({"old": 1}, "not tested", "not tested"),
    ({"new": 5, "newer": 9}, "not tested", "not tested"),
]


@pytest.mark.parametrize(("values", "everywhere", "average"), OVERALL)
def test_verdicts_of_a_claim(values, everywhere, average):
    """Everywhere asks each comparison, the average their mean; nothing is said of what is not there."""
    found = judge(_study(), _basis({("here", name): value for name, value in values.items()}))
    row = found.summary.iloc[0]
    assert (row["everywhere"], row["average"], row["comparisons"]) == (everywhere, average, 2)


def test_one_failure_of_many_may_be_chance():
    """A comparison that fails by itself does not contradict a claim after Holm's correction."""
    assert everywhere([0.001, 0.001, 1.0], [1.0, 1.0, 0.03], 1.0, 0.05) == "undecided"
    assert everywhere([0.001, 0.001, 1.0], [1.0, 1.0, 0.01], 1.0, 0.05) == "does not hold"


def test_on_most_corrects_for_the_choice_of_comparisons():
    """Two of three must hold: the second smallest p value counts twice."""
    assert everywhere([0.001, 0.02, 0.9], [1.0] * 3, 0.5, 0.05) == "holds"
    assert everywhere([0.001, 0.03, 0.9], [1.0] * 3, 0.5, 0.05) == "undecided"
    assert everywhere([nan, nan, nan], [nan] * 3, 0.5, 0.05) == "no verdict"


def test_p_values_are_those_of_the_interval():
    """They are the two-sided p value on the claimed side, and 1 on the other."""
    for_it, against = p_values("greater", _Normal(2.0, 1.5).interval)
    expected = 2 * norm.sf(2.0 / (1.5 / norm.ppf(0.975)))
    assert (for_it, against) == (pytest.approx(expected, rel=1e-3), 1.0)
    assert p_values("less", _Normal(2.0, 1.5).interval) == (1.0, pytest.approx(expected, rel=1e-3))
    inside, _ = p_values("within", _Normal(0.0, 1.0).interval, margin=1.0)
    assert inside == pytest.approx(0.05, rel=1e-3)


def test_the_margin_is_the_configurations_unless_the_claim_has_one():
    """Within 2 points holds where within half a point does not; the page says from which margin on."""
    values = {("here", name): value for name, value in (("new", 0.6), ("newer", -0.4), ("old", 0.0))}
    study = _study(relation="within")
    row = judge(study, _basis(values, margin=2.0)).summary.iloc[0]
    assert (row["everywhere"], row["average"], row["margin"]) == ("holds", "holds", 2.0)
    assert row["margin_needed"] == pytest.approx(1.1)
    row = judge(_study(relation="within", margin=0.5), _basis(values, margin=2.0)).summary.iloc[0]
    assert (row["everywhere"], row["average"], row["margin"]) == ("undecided", "undecided", 0.5)


def test_not_worse_asks_which_way_is_better():
    """An error that rises by less than the margin is not worse; what is needed is the lower end."""
    values = {("here", name): value for name, value in (("new", 0.3), ("newer", 0.3), ("old", 0.0))}
    basis = _basis(values, half=0.5, margin=1.0)
    basis.values["better"] = -1
    row = judge(_study(relation="not_worse"), basis).summary.iloc[0]
    assert (row["average"], row["everywhere"]) == ("holds", "holds")
    assert (row["effect"], row["margin_needed"]) == (pytest.approx(-0.3), pytest.approx(0.8))
    assert verdict("not_worse", -0.2, 0.8, 1.0, better=-1) == "holds"
    assert verdict("not_worse", -9.0, 1.1, 1.0, better=-1) == "undecided"
    assert verdict("not_worse", 1.1, 2.0, 1.0, better=-1) == "does not hold"


def test_comparisons_stay_within_their_place():
    """Each place is compared with itself, and an excluded place not at all."""
    values = {
        (place, name): level + step
        for place, level in (("a", 0), ("b", 50), ("c", 90))
        for name, step in (("new", 5), ("newer", 6), ("old", 0))
    }
    table = judge(_study(**{"except": {"place": ["c"]}}), _basis(values)).comparisons
    assert table["place"].tolist() == ["a", "a", "b", "b"]
    assert table["difference"].tolist() == [5, 6, 5, 6]


@pytest.mark.parametrize(
    "changes",
    [
        {"margin": 1.0},
        {"relation": "within", "relative": True},
        {"right": {"place": "a"}},
        {"relation": "bigger"},
        {"colour": "red"},
    ],
)
def test_unsound_claims_are_refused(changes):
    """A margin without 'within', percent without one, unlike selectors, unknown words are refused."""
    with pytest.raises(ValueError, match="validation error"):
        _study(**changes)


def test_missing_claims_are_refused(tmp_path):
    """A study without a file of claims is named."""
    with pytest.raises(ConfigurationError, match=r"nonsense"):
        read_claims(tmp_path / "nonsense.yaml")


@pytest.fixture(scope="module")
def judged(evidence):
    study = read_claims(CLAIMS_FILE)
    return {basis.name: judge(study, basis) for basis in memory_bases(evidence)}


def test_printed_figures_stand_as_claimed(judged):
    """All printed figures stand in the claimed order, and that is no verdict."""
    rows = judged["printed"].summary
    rows = rows.set_index("claim").loc[[*OURS]]
    assert rows["in_direction"].tolist() == rows["comparisons"].tolist() == [18, 18, 6, 6, 8, 24]
    assert set(rows["average"]) == set(rows["everywhere"]) == {"no verdict"}


def test_binomial_intervals_leave_claims_undecided(judged):
    """With binomial intervals only the loss on the large source is beyond doubt."""
    rows = judged["printed_binomial"].summary.set_index("claim").loc[[*OURS]]
    assert rows["everywhere"].tolist() == ["undecided", "holds", *["undecided"] * 4]
    assert rows["decided"].tolist() == [15, 18, 0, 5, 5, 22]


def test_our_data_are_compared_within_each_transfer(judged):
    """Two transfers give so many comparisons of each claim; the simulated strong effects hold."""
    rows = judged["measured"].summary.set_index("claim").loc[[*OURS]]
    assert rows["comparisons"].tolist() == [12, 12, 4, 4, 8, 16]
    assert rows.loc["merging_raises_target", ["average", "everywhere"]].tolist() == ["holds", "holds"]


def test_our_differences_are_the_paired_ones(judged, evidence):
    """A comparison's numbers are the models' accuracies and their paired interval."""
    table = judged["measured"].comparisons
    row = table[table["left"] == "FC 50 %"].iloc[0]
    paired = evidence.scores["studio"].difference("wild.base/studio-50.head", "wild.base")
    assert (row["difference"], row["low"], row["high"]) == pytest.approx(
        (paired.value, paired.low, paired.high)
    )


def test_strategies_that_are_not_run_are_not_tested(small):
    """With BL and FU alone the claims on fine-tuning are not tested."""
    rows = judge(read_claims(CLAIMS_FILE), memory_bases(small)[0]).summary.set_index("claim")
    assert rows.loc["adapting_raises_target", "everywhere"] == "not tested"
    assert rows.loc["adapting_lowers_source", "average"] == "not tested"
    assert rows.loc["merging_is_best", ["tested", "comparisons"]].tolist() == [1, 4]


def test_two_seeds_have_no_verdict_and_count_subjects(small, tmp_path):
    """With two seeds there is no interval: the page gives the difference and the subjects it is true of."""
    rows = judge(read_claims(CLAIMS_FILE), memory_bases(small)[0]).summary.set_index("claim")
    assert rows.loc["merging_raises_target", ["average", "everywhere"]].tolist() == ["no verdict"] * 2
    write_memory_claims(small, tmp_path)
    assert " subjects) |" in (tmp_path / "claims.md").read_text(encoding="utf-8")


def test_newcombe_by_his_own_example():
    """Newcombe (1998), table II, contrast (a): 56 of 70 against 48 of 80 by method 10."""
    assert newcombe(56 / 70, 48 / 80, (70, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_files_are_written_and_read_well(evidence, tmp_path):
    """The three files are there; the page gives words, numbers, signs and the stand-ins."""
    write_memory_claims(evidence, tmp_path)
    summary, table = pd.read_csv(tmp_path / "claims.csv"), pd.read_csv(tmp_path / "claims_comparisons.csv")
    assert len(summary) == 3 * len(read_claims(CLAIMS_FILE).claims)
    columns = ["claim", "basis", "average", "everywhere", "decided", "comparisons"]
    assert list(summary.columns[:6]) == columns
    assert set(table["basis"]) == {"measured", "printed", "printed_binomial"}
    page = (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert "| 1. Adapting raises target | **" in page
    assert "On the printed figures: 18 of 18 comparisons in the claimed direction; differences" in page
    assert "differences from −0.66 to +0.64 points (margin 2)" in page
    assert "Drawn faces stand in for photographs" in page
    assert "| FER → TFEID | FC 50 % > BL | 67.24 | 31.03 | +36.21 [" in page
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
        assert set(VERDICTS) >= set(judge(read_claims(CLAIMS_FILE), basis).comparisons["verdict"])
