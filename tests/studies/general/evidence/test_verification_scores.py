"""The table and figure of verification: against scikit-learn, and with folds in place of subjects."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from engram.studies.general.evidence.collect import collect_general
from engram.studies.general.evidence.verification_scores import (
    mean_curve,
    verification_effects,
    verified_tasks,
)
from engram.studies.general.figures.general_verification import general_verification
from engram.studies.general.methods import HEADINGS
from engram.studies.general.tables.general_verification import TABLE, verification_frame
from tests.simulated_answers import PAIRS
from tests.simulated_general import general_settings, write_general_run


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    """Return a simulated run of three seeds, enough for intervals."""
    folder, settings = tmp_path_factory.mktemp("verification"), general_settings(seeds=[1, 2, 3])
    write_general_run(settings, folder)
    return collect_general(settings, folder)


def target(evidence):
    return next(item for item in verified_tasks(evidence) if item.role == "target")


def test_areas_are_those_of_scikit_learn(evidence):
    """The mean over seeds; what was not detected is the least similar."""
    table = verification_frame(evidence).set_index(["task", "method", "measure"])["value"]
    missing = False
    for item in verified_tasks(evidence):
        pairs = evidence.pair_scores(item)
        for place, method in enumerate(pairs.methods):
            if method not in HEADINGS:
                continue
            known = np.nan_to_num(pairs.similarity[place], nan=-9.0)
            expected = np.mean([roc_auc_score(pairs.same, each) for each in known])
            assert table[item.name, method, "auc"] == pytest.approx(100 * expected)
        missing |= np.isnan(pairs.similarity).any()
    assert missing


def test_accuracy_is_that_of_the_table_of_transfer(evidence):
    """One number for one thing."""
    table = verification_frame(evidence).set_index(["task", "method", "measure"])
    row, expected = table.loc["press", "h_g", "accuracy"], evidence.scores["press"].of("h_g")
    assert (row["value"], row["low"], row["high"]) == (expected.value, expected.low, expected.high)


def test_a_rate_needs_enough_pairs_of_two_subjects(evidence):
    """Thirty allow neither 1e-2 nor 1e-3: there is no row, and no empty column."""
    frame = verification_frame(evidence)
    assert set(frame["measure"]) == {"accuracy", "auc"}
    assert set(frame["n"]) == {PAIRS}
    assert set(frame["different"]) == {PAIRS // 2}
    heads = TABLE.view(frame, evidence).header
    assert [head for (head,) in heads] == ["task", "method", "accuracy", "AUC"]


def test_intervals_are_wider_where_folds_differ(evidence):
    """Each fold's influence sums to nothing, and the interval holds the value."""
    for effects in verification_effects(evidence, target(evidence)).values():
        for effect in effects.values():
            (influence,) = effect.influence.values()
            assert influence.shape == (10, 3)
            assert influence.to_numpy().sum() == pytest.approx(0, abs=1e-8)
            estimate = effect.interval()
            assert estimate.low <= estimate.value <= estimate.high


def test_the_curve_is_scikit_learns(evidence):
    """At every rate, the best of the thresholds that accept no more."""
    pairs, rates = evidence.pair_scores(target(evidence)), np.array([0.05, 0.2, 0.6])
    known = np.nan_to_num(pairs.similarity[pairs.methods.index("h_g")], nan=-9.0)
    expected = []
    for each in known:
        false, true, _ = roc_curve(pairs.same, each, drop_intermediate=False)
        expected.append([true[false <= rate].max() for rate in rates])
    np.testing.assert_allclose(mean_curve(pairs, "h_g", rates), 100 * np.mean(expected, axis=0))


def test_the_figure_has_a_curve_and_an_area_for_each_method(evidence):
    """Two panels a task: the target and the source of identity."""
    figure = general_verification(evidence)
    assert len(figure.axes) == 2 * len(verified_tasks(evidence)) == 4
    frame = verification_frame(evidence)
    for left, right, item in zip(figure.axes[::2], figure.axes[1::2], verified_tasks(evidence), strict=True):
        methods = frame[frame["task"] == item.name]["method"].nunique()
        assert len(left.lines) == methods
        assert len(right.get_yticklabels()) == methods
