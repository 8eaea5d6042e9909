"""Effects: sums over data sets that share subjects or seeds, or neither."""

from __future__ import annotations

import numpy as np
import pytest

from engram.core.errors import PredictionsError
from engram.statistics.crossed import Effect, mean_effect
from engram.statistics.intervals import mean_scores

_RANDOM = np.random.default_rng(7)


def _effect(population: str, subjects: int, seeds: int = 4, first: int = 0) -> Effect:
    values = _RANDOM.normal(0, 1, (1, seeds, subjects)) + _RANDOM.normal(0, 1, (1, 1, subjects))
    names = np.arange(first, first + subjects).astype(str)
    return mean_scores(["m"], values, names, population).effect("m")


def test_independent_data_sets_add_their_variances():
    """Without effects of seeds, the half width of a mean of two data sets follows from the two."""
    parts = [
        mean_scores(
            ["m"], np.tile(_RANDOM.normal(0, 1, 400), (1, 3, 1)), np.arange(400).astype(str), name
        ).effect("m")
        for name in "ab"
    ]
    halves = [part.interval().high - part.value for part in parts]
    pooled = mean_effect(parts).interval()
    assert pooled.high - pooled.value == pytest.approx(np.hypot(*halves) / 2, rel=0.01)
    assert pooled.n_subjects == 800


def test_the_same_data_set_twice_is_no_more_than_once():
    """The mean of an effect with itself has the same interval: nothing was learnt."""
    one = _effect("a", 30)
    assert mean_effect([one, one]).interval().high == pytest.approx(one.interval().high)


def test_seeds_are_shared_by_data_sets():
    """Where seeds alone vary, more data sets make the interval no narrower."""
    seeds = np.tile(_RANDOM.normal(0, 1, (1, 5, 1)), (1, 1, 20))
    parts = [mean_scores(["m"], seeds, np.arange(20).astype(str), name).effect("m") for name in "abc"]
    assert mean_effect(parts).interval().low == pytest.approx(parts[0].interval().low)


def test_subjects_that_one_side_lacks_contribute_to_the_other():
    """Two tasks of one data set may have labels for unlike subjects."""
    total = _effect("a", 20) + _effect("a", 20, first=10)
    assert total.n_subjects == 30
    assert np.isfinite(total.interval().low)


def test_a_tiny_data_set_is_pooled_and_a_single_subject_is_not():
    """Two subjects of one data set have a spread, one has none: then there is no interval."""
    many = _effect("a", 20)
    assert np.isfinite(mean_effect([many, _effect("b", 2)]).interval().low)
    assert np.isnan(mean_effect([many, _effect("b", 1)]).interval().low)


def test_other_seeds_are_refused():
    """Effects of three seeds and of four do not compare."""
    with pytest.raises(PredictionsError, match="same seeds"):
        _effect("a", 9, seeds=3) - _effect("a", 9, seeds=4)
    with pytest.raises(PredictionsError, match="same seeds"):
        _effect("a", 9, seeds=3) - _effect("b", 9, seeds=4)
