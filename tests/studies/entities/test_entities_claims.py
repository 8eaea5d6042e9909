"""Claims about named entities: on our data, and on the printed figures as they stand in the papers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.reporting.claims import read_claims
from engram.reporting.judging import judge
from engram.reporting.questions import read_questions
from engram.studies.entities.claims import CLAIMS_FILE, entities_bases
from engram.studies.entities.collect import collect_entities
from engram.studies.entities.figures import FIGURES
from engram.studies.entities.printed import (
    printed_effect,
    printed_f1,
    printed_pairs,
    printed_tasks,
    read_printed,
)
from engram.studies.entities.selection import SeedMean
from engram.studies.entities.tables import TABLES
from tests.simulated_entities import entities_settings, write_entities_run


@pytest.fixture(scope="module")
def judged(entities):
    """Return the judgements of our data and of the printed figures: basis -> judgement."""
    claims = read_claims(CLAIMS_FILE)
    return {basis.name: judge(claims, basis) for basis in entities_bases(entities)}


def _claim(judged, basis: str, name: str) -> pd.Series:
    summary = judged[basis].summary
    return summary[summary["claim"] == name].iloc[0]


def test_printed_means_are_the_abstracts(judged):
    """Crichton's abstract: a single-task average of 78.4, and 0.8 points more; one set is not above."""
    table = read_printed("crichton").pivot(index="set", columns="model", values="f1")
    assert round(table["single"].mean(), 1) == 78.4
    claim = _claim(judged, "printed", "crichton_mean")
    assert claim["tested"] == 15
    assert claim["effect"] == pytest.approx((table["multi"] - table["single"]).mean())
    assert claim["average"] == "no verdict"


def test_printed_pairs_are_one_a_target():
    """The largest and the smallest partner of known size: of most targets BC2GM and Ex-PTM."""
    pairs = printed_pairs()
    assert pairs.groupby("target")["size"].agg(list).map(sorted).map(tuple).unique().tolist() == [
        ("large", "small")
    ]
    partners = pairs.set_index(["target", "size"])["partner"]
    assert partners["AnatEM", "large"] == "BC2GM"
    assert partners["AnatEM", "small"] == "Ex-PTM"
    assert partners["Ex-PTM", "small"] == "BioNLP13GE"


def test_printed_figures_stand_beside_what_they_are_of():
    """Single task and MTM of the sets that have them; effects are against the single task."""
    assert printed_f1("ST", "NCBI-Disease") == 80.26
    assert printed_f1("MTM", "NCBI-Disease") == 86.14
    assert np.isnan(printed_f1("ST", None))
    assert np.isnan(printed_f1("RE", "NCBI-Disease"))
    assert printed_effect("AnatEM", "NCBI-Disease") == pytest.approx(81.68 - 81.55)
    assert len(read_printed("effects")) == 15 * 14


def test_wang_is_compared_with_its_own_single_task():
    """Five sets, the language-model tagger of one task against MTM-CW."""
    tasks = printed_tasks()
    wang = tasks[tasks["paper"] == "Wang X. et al. (2019)"].pivot(
        index="target", columns="strategy", values="value"
    )
    assert wang.loc["BC2GM"].to_dict() == {"MTM": 80.74, "ST": 80.00}
    assert (wang["MTM"] > wang["ST"]).all()


def test_our_claims_are_pooled_over_transfers(judged, entities):
    """MTL-BC minus ST on each transfer, with all of the target."""
    claim = _claim(judged, "measured", "crichton_mean")
    gains = [
        entities.scores[target].difference(f"{source}+{target}.mixed", f"{target}.base").value
        for source, target in (("genes", "diseases"), ("genes", "chemicals"), ("chemicals", "diseases"))
    ]
    assert claim["tested"] == 3
    assert claim["effect"] == pytest.approx(np.mean(gains))


def test_the_growth_of_the_gain_is_a_difference_of_gains(judged, entities):
    """The gain of MTL-BC over ST with a quarter of the target, minus that with all of it."""
    claim = _claim(judged, "measured", "crichton_small")
    found = judged["measured"].comparisons
    mine = found[found["claim"] == "crichton_small"].set_index(["source", "target"])
    scores = entities.scores["diseases"]
    value = {name: scores.effect(name).value for name in scores.by_subject}
    whole = value["genes+diseases.mixed"] - value["diseases.base"]
    quarter = value["genes+diseases-25.mixed"] - value["diseases-25.base"]
    row = mine.loc[("genes", "diseases")]
    assert row["difference"] == pytest.approx(quarter - whole)
    assert row["left_value"] == pytest.approx(quarter)
    assert row["low"] < row["difference"] < row["high"]
    # Four scores of the same documents move it, not the two of a comparison at one fraction.
    one = scores.difference("genes+diseases-25.mixed", "diseases-25.base")
    assert row["high"] - row["low"] > one.high - one.low
    assert claim["tested"] == 3


def test_without_smaller_fractions_no_growth_is_tested(tmp_path):
    claims = read_claims(CLAIMS_FILE)
    settings = entities_settings(fractions=[100])
    write_entities_run(settings, tmp_path)
    (measured, _) = entities_bases(collect_entities(settings, tmp_path))
    summary = judge(claims, measured).summary.set_index("claim")
    assert summary.loc["crichton_small", "average"] == "not tested"
    assert summary.loc["crichton_mean", "tested"] == 3


def test_no_worse_is_judged_by_the_configurations_margin(judged, entities):
    """Non-inferiority: the interval has to lie above the margin below zero."""
    claim = _claim(judged, "measured", "crichton_large_partner_passes")
    assert claim["margin"] == entities.settings.evidence.margin
    assert claim["margin_needed"] == pytest.approx(max(0.0, -claim["low"]))
    assert (claim["average"] == "holds") == (claim["low"] > -claim["margin"])


def test_what_the_configuration_lacks_is_not_tested(judged):
    """No MTL-LBC, no third set, no exchanged order in the simulated run; no printed figures of theirs."""
    for name in ("zuo_lbc", "zuo_limited", "multilevel_order"):
        assert _claim(judged, "measured", name)["average"] == "not tested"
    assert _claim(judged, "printed", "zuo_bc")["average"] == "not tested"


def test_parts_of_speech_are_judged_by_accuracy(judged):
    """The accuracy on the parts of speech of the joint model, minus that of the model of these alone."""
    found = judged["measured"].comparisons
    mine = found[found["claim"] == "zuo_entities_help_pos"].dropna(subset=["difference"])
    assert len(mine) == 3
    assert (mine["subjects"] == 12).all()


def test_partners_of_a_target_are_compared_by_size(judged):
    """The largest partner against the smallest, at equal steps and at equal passes."""
    for name in ("crichton_large_partner", "crichton_large_partner_passes"):
        assert _claim(judged, "measured", name)["tested"] == 2


def test_the_choice_of_epochs_is_judged_by_seeds(judged):
    """Differences are never negative, and the interval is Student's over seeds."""
    claim = _claim(judged, "measured", "test_selection_flatters")
    assert claim["effect"] >= 0
    assert claim["n_seeds"] == 3
    estimate = SeedMean(np.array([1.0, 2.0, 3.0])).interval()
    assert estimate.high - estimate.value == pytest.approx(4.302653 / np.sqrt(3))
    assert np.isnan(SeedMean(np.array([1.0, 2.0])).interval().low)


def test_questions_name_what_there_is():
    """Every claim, figure and table of a question exists, and each claim and table answers one."""
    questions = read_questions(CLAIMS_FILE.with_name("questions.yaml")).questions
    claims = [claim for question in questions for claim in question.claims]
    assert sorted(claims) == sorted(claim.id for claim in read_claims(CLAIMS_FILE).claims)
    assert {name for question in questions for name in question.figures} == {*FIGURES}
    assert {name for question in questions for name in question.tables} == {*TABLES}
