"""Coverage of the intervals of F1, over drawn documents with unlike numbers of entities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engram.statistics.intervals import ratio_scores
from engram.statistics.simulation import METHODS, coverage
from engram.statistics.simulation_f1 import F1Cell, f1_cells, simulate_f1

#: Enough for a standard error of 0.8 points.
_TRIALS = 700

_SMALL = [cell for cell in f1_cells() if cell.documents in (5, 10, 30) and cell.effect == 0.05]
_NAMES = [f"{one.documents}-{one.seeds}-{one.fraction}-{one.sizes}" for one in _SMALL]


@pytest.mark.parametrize("cell", _SMALL, ids=_NAMES)
def test_intervals_of_f1_cover(cell):
    """At least 92.5 % and at most 98 %, within chance, however unlike the documents are."""
    assert 0.925 - 0.015 <= coverage(simulate_f1(cell, _TRIALS)) <= 0.99


@pytest.mark.long
def test_intervals_of_f1_cover_in_every_cell():
    """The whole grid, with all trials."""
    found = {cell: coverage(simulate_f1(cell)) for cell in f1_cells()}
    assert {cell: value for cell, value in found.items() if not 0.925 <= value <= 0.98} == {}


def test_without_the_correction_few_skewed_documents_are_covered_too_little():
    """Residuals as they are, and as many degrees of freedom as documents: the simulations find that out."""
    cell = F1Cell(10, 10, 0.0, "skewed", 0.0)
    study = simulate_f1(cell)
    plain = replace(study, freedom=(cell.documents - 1, cell.seeds - 1))
    assert coverage(plain) < 0.925 <= coverage(study)


def test_an_estimator_of_f1_that_forgets_seeds_is_found_out():
    """The simulations can fail: documents alone, as if there were one training run, cover too little."""
    study = simulate_f1(F1Cell(300, 3, 0.9, "uneven", 0.0), _TRIALS)
    assert coverage(study, "subjects alone") < 0.85


def test_the_simulated_interval_is_the_one_in_use():
    """What the simulations judge and what tables print are the same, on one simulated table of counts."""
    random = np.random.default_rng(4)
    truth = random.poisson(9, 12) + 1
    right = random.binomial(truth, 0.7, (1, 4, 12))
    answered = right + random.poisson(2, right.shape)
    estimate = ratio_scores(["m"], right, truth, answered, np.arange(12).astype(str), "toy").of("m")
    value = (2 * right[0].sum(1) / (truth.sum() + answered[0].sum(1))).mean()
    below = truth + answered[0]
    cells = (2 * right[0] - value * below) / below.sum(axis=1, keepdims=True)
    weights = (below / below.sum(axis=1, keepdims=True)).mean(axis=0)
    # The variance by documents, in the open: residuals of CR2, and the freedom of a quadratic form.
    own, left = weights**2 / (1 - weights), np.eye(12) - weights[:, None]
    form = left @ np.diag(own) @ left.T
    freedom = np.trace(form) ** 2 / np.trace(form @ form)
    by_document = (cells.mean(axis=0) ** 2 / (1 - weights)).sum()
    by_seed = cells.sum(axis=1)
    rest = ((cells - cells.mean(axis=0) - np.outer(by_seed, weights)) ** 2).sum(axis=0) / (1 - weights)
    parts = by_document, (by_seed**2).sum() / (4 * 3), rest.sum() / (4 * 3)
    half = METHODS["own quantiles"](*parts, (freedom, 3), 0.95)
    assert estimate.value == pytest.approx(100 * value)
    assert estimate.high - estimate.value == pytest.approx(100 * half)


def test_one_document_with_all_entities_has_no_interval():
    """There is nothing to tell how documents differ."""
    truth = np.array([40, 0, 0, 0, 0, 0])
    right = np.tile(truth, (1, 3, 1))
    assert np.isnan(ratio_scores(["m"], right, truth, right, np.arange(6).astype(str), "toy").of("m").low)
