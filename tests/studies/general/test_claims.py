"""The general study's claims: the printed figures' verdicts, and what the new forms of claims mean."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.reporting.claims import Basis, Claim, Claims, read_claims
from engram.reporting.judging import judge
from engram.reporting.verdicts import verdict
from engram.statistics.crossed import Estimate
from engram.studies.general.claims import CLAIMS_FILE, general_bases, write_general_claims
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.evidence.sizes import error_and_loss
from engram.studies.general.jobs.report import general_claim_files
from engram.studies.general.operators import sizes_swept
from tests.simulated_general import layout_of

#: How many of the printed figures stand as claimed, how many could be compared, and how many the claim has.
PRINTED = {
    "fine_tuned_student_beats_teacher": (8, 9, 10),
    "fine_tuned_student_beats_scratch": (10, 10, 10),
    "PCA_reconstructs_worse": (3, 3, 3),
    "AE_reconstructs_better_than_DAE": (1, 1, 1),
    "one_step_reconstructs_far_worse": (1, 1, 1),
    # Table 6 has Concat ahead of PCA on six targets, of BT on four and of BCT on two.
    "concatenation_is_last": (28, 40, 40),
    # On AgeR-FG both are 2.85.
    "fused_beats_best_single": (6, 10, 10),
    "frozen_student_equals_teacher": (10, 10, 10),
    "gain_comes_from_fine_tuning": (8, 9, 10),
    "extreme_sizes_degrade": (0, 0, 0),
    "no_single_best_size": (0, 0, 0),
    "student_trains_in_a_quarter": (0, 0, 0),
    "time_grows_less": (0, 0, 0),
    "objects_are_lost": (2, 2, 2),
    # On identity the CNN saw further faces.
    "one_step_beats_scratch": (9, 9, 10),
    "loss_follows_reconstruction": (0, 0, 0),
    # 2.2 M are 59 times fewer than 130.7 M.
    "student_has_75_times_fewer_parameters": (0, 1, 1),
}


@pytest.fixture(scope="module")
def judged(general):
    study = read_claims(CLAIMS_FILE)
    return study, {basis.name: judge(study, basis) for basis in general_bases(general)}


@pytest.mark.parametrize("claim", PRINTED)
def test_printed_figures_stand_as_claimed(claim, judged):
    """So many printed figures stand in the claimed order; without intervals that is no verdict."""
    row = judged[1]["printed"].summary.set_index("claim").loc[claim]
    assert tuple(row[["in_direction", "tested", "comparisons"]]) == PRINTED[claim]
    expected = "no verdict" if row["tested"] else "not tested"
    assert (row["average"], row["everywhere"], row["decided"]) == (expected, expected, 0)


def test_all_claims_are_expected(judged):
    """There are twelve claims, five of them in two parts."""
    study = judged[0]
    assert [claim.id for claim in study.claims] == [*PRINTED]
    numbers = ["1", "2", "3a", "3b", "4", "5a", "5b", "6a", "6b", "7a", "7b", "8a", "8b", "9"]
    numbers += ["10", "11", "12"]
    assert [claim.number for claim in study.claims] == numbers


def test_where_concat_is_not_last(judged):
    """By the printed figures Concat is last beside h_G alone on every target."""
    table = judged[1]["printed"].comparisons.query("claim == 'concatenation_is_last'")
    better = table["unit"].eq("%") & table["task"].ne("Attrib-CelebA")
    ahead = table[(table["difference"] * better.map({True: 1, False: -1})) >= 0]
    assert ahead["right"].value_counts().to_dict() == {"PCA": 6, "BT": 4, "BCT": 2}


def test_unlike_conditions_are_not_compared(judged):
    """Identity's fine-tuned student saw further faces: it is compared only with the CNN, which did too."""
    table = judged[1]["printed"].comparisons
    identity = table[table["task"] == "Identity-LFW"].set_index("claim")["verdict"]
    assert identity["fine_tuned_student_beats_teacher"] == "not tested"
    assert identity["fine_tuned_student_beats_scratch"] == "no verdict"


def test_our_data_hold_what_they_were_simulated_with(judged):
    """Clear effects hold on average and everywhere; a time has a value and no verdict."""
    found = judged[1]["measured"]
    rows = found.summary.set_index("claim")
    for claim in ("fine_tuned_student_beats_scratch", "PCA_reconstructs_worse"):
        assert rows.loc[claim, ["average", "everywhere"]].tolist() == ["holds", "holds"]
    time = rows.loc["student_trains_in_a_quarter"]
    assert (time["average"], time["in_direction"], time["unit"]) == ("no verdict", 1, "%")
    times = found.comparisons.query("claim == 'student_trains_in_a_quarter'").iloc[0]
    assert (times["left_value"], times["right_value"]) == (183, 721)
    assert times["difference"] == pytest.approx(100 * (183 / (0.25 * 721) - 1)) == time["effect"]
    sizes = found.comparisons.query("claim == 'extreme_sizes_degrade'")
    assert set(sizes["left"]) == {"4 values", "96 values"}
    between = found.comparisons.query("claim == 'no_single_best_size'")
    assert set(between["left"]) == {"16 values", "64 values"}


def test_loss_that_follows_the_error_is_found(judged, general):
    """Sizes are simulated to lose the more the farther they are from h_G's, and to reconstruct by size."""
    found = judged[1]["measured"]
    row = found.summary.set_index("claim").loc["loss_follows_reconstruction"]
    expected = error_and_loss(general).of("error_and_loss")
    assert (row["effect"], row["low"], row["high"]) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    assert row["average"] == verdict("greater", expected.low, expected.high)


def test_exact_counts_have_values_and_no_verdict(judged):
    """The growth of time and numbers of parameters: what stands in the records."""
    found = judged[1]["measured"].comparisons.set_index("claim")
    growth = found.loc["time_grows_less"]
    assert growth["right_value"] == 2.0
    assert 1 < growth["left_value"] < 2
    counts = found.loc["student_has_75_times_fewer_parameters"]
    assert (counts["left_value"], counts["right_value"]) == (130, 6 * 1000 + 500)
    assert growth["verdict"] == counts["verdict"] == "no verdict"


def test_units_are_pooled_in_percent(judged, general):
    """Points and years are pooled in percent of the right value, more being better."""
    found = judged[1]["measured"]
    row = found.summary.set_index("claim").loc["fine_tuned_student_beats_scratch"]
    mine = found.comparisons.query("claim == 'fine_tuned_student_beats_scratch'")
    errors = {item.title for item in general.targets if metric_of(item).better < 0}
    sign = mine["task"].isin(errors).map({True: -1, False: 1})
    expected = (sign * 100 * (mine["left_value"] / mine["right_value"] - 1)).mean()
    assert (row["effect"], row["unit"]) == (pytest.approx(expected), "%")
    assert row["low"] < row["effect"] < row["high"]


def test_our_differences_are_paired_and_signed(judged, general):
    """A comparison's numbers are the methods' own, an error's difference in its own unit."""
    table = judged[1]["measured"].comparisons
    chosen = (table["claim"] == "fine_tuned_student_beats_scratch") & (table["task"] == "Age, album")
    row = table[chosen].iloc[0]
    paired = general.scores["album"].difference("h_unique_tuned", "cnn")
    assert (row["difference"], row["low"], row["high"]) == pytest.approx(
        (paired.value, paired.low, paired.high)
    )
    assert (row["unit"], row["verdict"]) == ("years", "holds")


@pytest.mark.parametrize(
    ("relation", "better", "low", "high", "expected"),
    [
        ("better", 1, 0.1, 2, "holds"),
        ("better", -1, 0.1, 2, "does not hold"),
        ("better", -1, -2, -0.1, "holds"),
        ("worse", 1, -2, -0.1, "holds"),
        ("worse", -1, 0.1, 2, "holds"),
        ("worse", -1, -2, -0.1, "does not hold"),
        ("better", -1, -1, 1, "undecided"),
    ],
)
def test_better_asks_the_metric(relation, better, low, high, expected):
    """A smaller error is better, a smaller accuracy worse."""
    assert verdict(relation, low, high, better=better) == expected


def _study(**changes) -> Claims:
    claim = {
        "id": "toy",
        "text": "Toy.",
        "for_each": [{"method": [f"m{number}" for number in range(10)]}],
        "left": {"method": "each"},
        "right": {"method": "old"},
        "relation": "greater",
    }
    return Claims(study="toy", paper="Toy", within=["place"], claims=[Claim.model_validate(claim | changes)])


class _Exact:
    """A difference that is known exactly."""

    def __init__(self, value: float):
        self.value = value

    def interval(self, confidence: float = 0.95) -> Estimate:
        return Estimate(self.value, self.value, self.value)


def _overall(study: Claims, values: list[float | None], old: float = 0.0) -> str:
    rows = [
        {"method": f"m{number}", "value": value} for number, value in enumerate(values) if value is not None
    ]
    frame = pd.DataFrame([*rows, {"method": "old", "value": old}]).assign(place="here", label="x")

    def difference(left, right, function):
        return _Exact(function(left["value"], right["value"]))

    return judge(study, Basis("toy", "toy", "", frame, difference)).summary.iloc[0]["everywhere"]


@pytest.mark.parametrize(
    ("fraction", "values", "expected"),
    [
        (0.5, [1] * 6 + [-1] * 4, "holds"),
        (0.5, [1] * 5 + [-1] * 5, "does not hold"),
        (0.5, [1] * 5 + [-1] * 4 + [0], "undecided"),
        (0.5, [1] * 6 + [None] * 4, "holds"),
        (0.75, [1] * 8 + [-1] * 2, "holds"),
        (0.75, [1] * 7 + [-1] * 3, "does not hold"),
        (1.0, [1] * 9 + [-1], "does not hold"),
    ],
)
def test_on_most(fraction, values, expected):
    """A claim on most holds with more than its fraction, and fails when so many fail that it cannot."""
    assert _overall(_study(fraction=fraction), values) == expected


def test_factor_and_relative_difference():
    """Twice as large is judged against twice the right value, and percent against the right value."""
    twice = _study(factor=2.0).claims[0]
    assert twice.difference(5.0, 2.0) == 1.0
    percent = _study(relation="within", margin=4.0, relative=True).claims[0]
    assert percent.difference(52.0, 50.0) == pytest.approx(4.0)
    assert pd.isna(percent.difference(52.0, 0.0))
    assert _overall(_study(factor=2.0), [5.0] * 10, old=2.0) == "holds"
    assert _overall(_study(factor=3.0), [5.0] * 10, old=2.0) == "does not hold"


def test_files_are_written_and_read_well(general, tmp_path):
    """The files are there; the page gives numbers, units, signs and the stand-ins."""
    write_general_claims(general, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in general_claim_files(layout_of(general))
    )
    assert len(pd.read_csv(tmp_path / "claims_general.csv")) == 2 * len(PRINTED)
    page = (tmp_path / "claims_general.md").read_text(encoding="utf-8")
    assert "| 5a. Concatenation is last | " in page
    assert "| Age, album | h_unique fine-tuned better than CNN |" in page
    assert "E_MT worse than 2 × E_unique" in page
    assert "On the printed figures: 28 of 40 comparisons in the claimed direction; differences" in page
    assert "Drawn faces stand in for photographs" in page
    assert "nan" not in page


def test_the_yaml_covers_the_columns_of_its_table(general):
    """Every selector and place of the claims names a column of each basis; sizes exist in the sweep."""
    study = read_claims(CLAIMS_FILE)
    for basis in general_bases(general):
        for claim in study.claims:
            assert {*claim.left, *claim.only, *study.within} <= {*basis.values}
    assert len(sizes_swept(general.general)) == 5
