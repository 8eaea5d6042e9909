"""Coverage: in every kind of simulated study 95 % intervals hold the true difference as promised."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest

from engram.statistics.crossed import Effect
from engram.statistics.intervals import mean_scores
from engram.statistics.simulation import METHODS, TRIALS, Cell, cells, coverage, simulate, variances

#: Two standard errors of a coverage of 95 % from so many trials.
_ERROR = 2 * sqrt(0.95 * 0.05 / TRIALS)

_CELLS = [
    pytest.param(cell, id=f"{cell.subjects}-{cell.seeds}-{cell.fraction}-{cell.outcome}-{cell.effect}")
    for cell in cells()
    if cell.subjects < 300
]
_LARGE = [cell for cell in cells() if cell.subjects == 300]


def _check(cell: Cell) -> None:
    found = coverage(simulate(cell))
    assert found >= 0.925, cell
    assert cell.subjects < 10 or found <= 0.98 + _ERROR, cell


@pytest.mark.parametrize("cell", _CELLS)
def test_intervals_cover(cell):
    """At least 92.5 % in every cell, and at most 98 % from ten subjects on."""
    _check(cell)


@pytest.mark.long
def test_intervals_cover_with_many_subjects():
    """The same for 300 subjects."""
    for cell in _LARGE:
        _check(cell)


def test_an_estimator_that_forgets_seeds_is_found_out():
    """The simulations can fail: subjects alone cover little where the runs vary."""
    assert coverage(simulate(Cell(30, 3, 0.9, "normal", 0.0)), "subjects alone") < 0.6


def test_plain_satterthwaite_is_too_narrow():
    """With five subjects, three seeds and binary outcomes Satterthwaite's interval covers too little."""
    assert coverage(simulate(Cell(5, 3, 0.5, "binary", 0.1)), "Satterthwaite") < 0.9


def test_the_simulated_interval_is_the_one_in_use():
    """What the simulations judge and what the tables print are the same, on one simulated study."""
    random = np.random.default_rng(3)
    table = random.normal(0, 1, (1, 4, 12))
    parts = variances(table)
    half = METHODS["own quantiles"](*parts, (11, 3), 0.95)[0]
    scores = mean_scores(["model"], table, np.arange(12).astype(str), "toy")
    estimate = scores.of("model")
    assert estimate.high - estimate.value == pytest.approx(half)
    assert estimate.value == pytest.approx(table.mean())


def test_pooled_means_over_data_sets_cover():
    """The mean over three data sets of unlike size, whose models share seeds, covers too."""
    random, hits, trials = np.random.default_rng(5), 0, 400
    for _ in range(trials):
        seeds = random.normal(0, 0.04, 4)
        parts = []
        for size in (6, 12, 40):
            table = 0.1 + seeds[:, None] + random.normal(0, 0.1, (4, size)) + random.normal(0, 0.1, size)
            parts.append(mean_scores(["m"], table[None], np.arange(size).astype(str), str(size)).effect("m"))
        pooled = (parts[0] + parts[1] + parts[2]) * (1 / 3)
        estimate = Effect(pooled.value, pooled.influence).interval()
        hits += estimate.low <= 0.1 <= estimate.high
    assert 0.925 - _ERROR <= hits / trials <= 0.99


def test_variances_are_those_of_a_two_way_analysis():
    """On a small table the components equal the mean squares of a hand-made two-way analysis of variance."""
    table = np.array([[[1.0, 2.0, 6.0], [2.0, 3.0, 4.0]]])  # 2 seeds x 3 subjects
    frame = pd.DataFrame(table[0])
    by_subject = frame.mean(axis=0).var(ddof=1) / 3
    by_seed = frame.mean(axis=1).var(ddof=1) / 2
    fitted = frame.mean(axis=0).to_numpy() + frame.mean(axis=1).to_numpy()[:, None] - frame.to_numpy().mean()
    mean_square = ((frame - fitted) ** 2).to_numpy().sum() / (2 * 1)
    assert [float(part[0]) for part in variances(table)] == pytest.approx(
        [by_subject, by_seed, mean_square / 6]
    )
