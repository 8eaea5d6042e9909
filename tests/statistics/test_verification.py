"""ROC, its area and accept rates, against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from engram.statistics.verification import area_under_curve, curve, pseudo_values, true_accept_rate


@st.composite
def pairs(draw):
    """Return similarities with ties, and which pairs are of one subject; both kinds are there."""
    count = draw(st.integers(4, 60))
    similarity = draw(st.lists(st.integers(-5, 5), min_size=count, max_size=count))
    same = draw(st.lists(st.booleans(), min_size=count - 2, max_size=count - 2))
    return np.array(similarity, np.float64) / 5, np.array([*same, True, False])


@given(pairs())
def test_curve_and_area_are_those_of_scikit_learn(drawn):
    """The same rates at the same thresholds, ties and all."""
    similarity, same = drawn
    false, true, _ = roc_curve(same, similarity, drop_intermediate=False)
    mine = curve(similarity, same)
    np.testing.assert_allclose(mine[0], false)
    np.testing.assert_allclose(mine[1], true)
    assert area_under_curve(similarity, same) == pytest.approx(roc_auc_score(same, similarity))


@given(pairs(), st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]))
def test_the_accept_rate_is_the_best_below_a_false_accept_rate(drawn, rate):
    """Of scikit-learn's thresholds, the best that accepts few enough pairs of two subjects."""
    similarity, same = drawn
    false, true, _ = roc_curve(same, similarity, drop_intermediate=False)
    assert true_accept_rate(similarity, same, rate) == pytest.approx(true[false <= rate].max())


def test_a_pair_without_similarity_is_accepted_last():
    """One of three pairs of one subject was not detected: no threshold but the last accepts it."""
    similarity = np.array([0.9, 0.8, np.nan, 0.1, 0.2])
    same = np.array([True, True, True, False, False])
    assert true_accept_rate(similarity, same, 0.0) == pytest.approx(2 / 3)
    assert area_under_curve(similarity, same) == pytest.approx(2 / 3)


def test_the_pseudo_values_of_a_mean_are_the_folds_means():
    """For a mean over equal folds the jackknife is exact."""
    rng = np.random.default_rng(0)
    similarity, fold = rng.normal(size=40), np.repeat(np.arange(4), 10)
    found = pseudo_values(lambda values, same: float(values.mean()), similarity, similarity > 0, fold)
    np.testing.assert_allclose(found, similarity.reshape(4, 10).mean(1))


def test_pseudo_values_spread_as_the_area_does():
    """Their standard error is that of many draws anew, to a quarter."""
    rng = np.random.default_rng(1)
    fold, same = np.repeat(np.arange(10), 40), np.tile([True, False], 200)

    def draw():
        return rng.normal(size=400) + same

    areas = [area_under_curve(draw(), same) for _ in range(300)]
    errors = [pseudo_values(area_under_curve, draw(), same, fold).std(ddof=1) / 10**0.5 for _ in range(60)]
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.25)
