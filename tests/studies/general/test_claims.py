"""The general study's claims: the printed figures' verdicts, and what the new forms of claims mean."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.reporting.claims import Basis, Claim, Claims, judge, read_claims, summarise, verdict
from engram.studies.general.claims import CLAIMS_FILE, general_bases, write_general_claims
from engram.studies.general.jobs.report import general_claim_files
from engram.studies.general.operators import sizes_swept
from tests.simulated_general import layout_of

#: Verdict, comparisons, and how many hold, do not hold, are undecided and not tested, on printed figures.
PRINTED = {
    "fine_tuned_student_beats_teacher": ("holds", 10, 8, 1, 0, 1),
    "fine_tuned_student_beats_scratch": ("holds", 10, 10, 0, 0, 0),
    "PCA_reconstructs_worse": ("holds", 3, 3, 0, 0, 0),
    "one_step_reconstructs_far_worse": ("holds", 1, 1, 0, 0, 0),
    # Table 6 has Concat ahead of PCA on six targets, of BT on four and of BCT on two.
    "concatenation_is_last": ("does not hold", 40, 28, 12, 0, 0),
    # On AgeR-FG both are 2.85.
    "fused_beats_best_single": ("holds", 10, 6, 3, 1, 0),
    "frozen_student_equals_teacher": ("holds", 10, 10, 0, 0, 0),
    "gain_comes_from_fine_tuning": ("holds", 10, 8, 1, 0, 1),
    "extreme_sizes_degrade": ("not tested", 0, 0, 0, 0, 0),
    "no_single_best_size": ("not tested", 0, 0, 0, 0, 0),
    "student_trains_in_a_quarter": ("not tested", 0, 0, 0, 0, 0),
    "objects_are_lost": ("holds", 2, 2, 0, 0, 0),
}


@pytest.fixture(scope="module")
def judged(general):
    study = read_claims(CLAIMS_FILE)
    return study, {basis.name: judge(study, basis) for basis in general_bases(general)}


@pytest.mark.parametrize("claim", PRINTED)
def test_verdicts_on_the_printed_figures(claim, judged):
    """Each claim comes to its known verdict, with its known counts."""
    study, tables = judged
    row = summarise(study, tables["printed"]).set_index("claim").loc[claim]
    counts = ["verdict", "comparisons", "holds", "does_not_hold", "undecided", "not_tested"]
    assert tuple(row[counts]) == PRINTED[claim]


def test_all_claims_are_expected(judged):
    """There are nine claims, three of them in two parts."""
    study = judged[0]
    assert [claim.id for claim in study.claims] == [*PRINTED]
    numbers = ["1", "2", "3", "4", "5a", "5b", "6a", "6b", "7a", "7b", "8", "9"]
    assert [claim.number for claim in study.claims] == numbers


def test_where_concat_is_not_last(judged):
    """By the printed figures Concat is last beside h_G alone on every target."""
    table = judged[1]["printed"].query("claim == 'concatenation_is_last' and verdict != 'holds'")
    assert table["right"].value_counts().to_dict() == {"PCA": 6, "BT": 4, "BCT": 2}


def test_unlike_conditions_are_not_compared(judged):
    """Identity's fine-tuned student saw further faces: it is compared only with the CNN, which did too."""
    table = judged[1]["printed"]
    identity = table[table["knowledge"] == "Identity-LFW"].set_index("claim")["verdict"]
    assert identity["fine_tuned_student_beats_teacher"] == "not tested"
    assert identity["fine_tuned_student_beats_scratch"] == "holds"


def test_our_data_hold_what_they_were_simulated_with(judged):
    """Clear effects hold, on every target; a time far from a quarter does not hold or does, by its number."""
    study, tables = judged
    rows = summarise(study, tables["measured"]).set_index("claim")
    for claim in (
        "fine_tuned_student_beats_scratch",
        "PCA_reconstructs_worse",
        "student_trains_in_a_quarter",
    ):
        assert rows.loc[claim, "verdict"] == "holds"
    times = tables["measured"].query("claim == 'student_trains_in_a_quarter'").iloc[0]
    assert (times["left_value"], times["right_value"]) == (180, 700)
    assert times["difference"] == pytest.approx(100 * (180 / 175 - 1))
    sizes = tables["measured"].query("claim == 'extreme_sizes_degrade'")
    assert set(sizes["left"]) == {"4 values", "96 values"}
    between = tables["measured"].query("claim == 'no_single_best_size'")
    assert set(between["left"]) == {"16 values", "64 values"}


def test_our_differences_are_paired_and_signed(judged, general):
    """A comparison's numbers are the methods' own, an error's difference in its own unit."""
    table = judged[1]["measured"]
    chosen = (table["claim"] == "fine_tuned_student_beats_scratch") & (table["knowledge"] == "Age, album")
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


def _overall(study: Claims, values: list[float | None], old: float = 0.0) -> str:
    rows = [
        {"method": f"m{number}", "value": value} for number, value in enumerate(values) if value is not None
    ]
    frame = pd.DataFrame([*rows, {"method": "old", "value": old}]).assign(place="here", label="x")

    def interval(left, right, difference=lambda left, right: left - right):
        return (difference(left["value"], right["value"]),) * 2

    return summarise(study, judge(study, Basis("toy", "toy", "", frame, interval))).iloc[0]["verdict"]


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
    assert (twice.is_plain, percent.is_plain, _study().claims[0].is_plain) == (False, False, True)
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
    assert "On the printed figures: **does not hold**. 28 of 40 comparisons hold, 12 do not hold" in page
    assert "Drawn faces stand in for photographs" in page
    assert "nan" not in page


def test_the_yaml_covers_the_columns_of_its_table(general):
    """Every selector and place of the claims names a column of each basis; sizes exist in the sweep."""
    study = read_claims(CLAIMS_FILE)
    for basis in general_bases(general):
        for claim in study.claims:
            assert {*claim.left, *claim.only, *study.within} <= {*basis.values}
    assert len(sizes_swept(general.general)) == 5
