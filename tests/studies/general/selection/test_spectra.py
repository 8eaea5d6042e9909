"""LogME and H-score against slow references, and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import null_space
from scipy.optimize import minimize
from sklearn.covariance import ledoit_wolf

from engram.studies.general.selection.h_score import h_score, shrinkage
from engram.studies.general.selection.logme import logme
from engram.studies.general.selection.spectra import Spectra, Spectrum

SIZES = (2, 4, 3)


def embeddings(rows, seed=0):
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=(rows, size)) @ np.diag(rng.uniform(0.3, 2, size)) for size in SIZES]
    return [part - part.mean(0) for part in parts]


def values(parts, seed=0):
    """Return centred targets: one that the first encoder tells, one of noise."""
    rng = np.random.default_rng(seed + 1)
    targets = np.stack(
        [parts[0].sum(1) + rng.normal(0, 0.5, len(parts[0])), rng.normal(size=len(parts[0]))], 1
    )
    return targets - targets.mean(0)


def direct_evidence(features, target):
    """Return the greatest log evidence by degree of freedom of centred y ~ N(0, FF'/alpha + I/beta).

    In an orthonormal basis of what is left once the mean is taken off; by brute force over a grid of both
    precisions, then refined from the best few.
    """
    basis = null_space(np.ones((1, len(target))))
    features, target = basis.T @ features, basis.T @ target
    values, vectors = np.linalg.eigh(features @ features.T)
    squares = np.square(vectors.T @ target)

    def minus(logs):
        variances = np.maximum(values, 0) / np.exp(logs[0]) + 1 / np.exp(logs[1])
        return (np.log(2 * np.pi * variances) + squares / variances).mean() / 2

    grid = [(alpha, beta) for alpha in np.arange(-14, 15, 2.0) for beta in np.arange(-6, 25, 2.0)]
    starts = sorted(grid, key=minus)[:3]
    return -min(minimize(minus, start, bounds=[(-30, 30)] * 2, tol=1e-13).fun for start in starts)


@pytest.mark.parametrize("members", [[0], [1, 2], [0, 1, 2]])
@pytest.mark.parametrize("rows", [40, 8, 6])
def test_logme_is_the_greatest_evidence(rows, members):
    """With more rows than the encoders together have values, with fewer, and with as many."""
    parts = embeddings(rows)
    target = values(parts)[:, :1]
    features = np.concatenate([parts[member] for member in members], 1)
    found = logme(Spectra(parts, target).subset(members), target)
    assert found == pytest.approx(direct_evidence(features, target[:, 0]), abs=1e-5)


@pytest.mark.parametrize(("rows", "size"), [(60, 328), (100, 300)])
def test_logme_of_wide_embeddings_is_the_greatest_evidence(rows, size):
    """More values than rows, and targets of any strength: each is the maximum, none a bound."""
    rng = np.random.default_rng(rows)
    features = rng.normal(size=(rows, size)) * np.logspace(0, -2, size)
    features -= features.mean(0)
    strength = np.array([0.0, 0.05, 0.3, 1.0, 5.0])
    targets = features[:, :4].sum(1, keepdims=True) * strength + rng.normal(size=(rows, len(strength)))
    targets -= targets.mean(0)
    for column in range(len(strength)):
        target = targets[:, [column]]
        found = logme(Spectra([features], target).subset([0]), target)
        assert found == pytest.approx(direct_evidence(features, target[:, 0]), abs=1e-5)


def test_logme_finds_the_greatest_of_two_maxima():
    """Where the evidence has two maxima in the ratio of the precisions, the start does not decide."""
    spectrum = Spectrum(np.array([1e4, 1.0]), np.sqrt([[30.0], [40.0]]), 31, 2, 0.0)
    total = 100.0
    target = np.full((31, 1), np.sqrt(total / 31))
    ratios = np.logspace(-12, 12, 200001)[:, None]
    shrunk = ratios / (ratios + spectrum.values)
    residual = (shrunk * np.square(spectrum.projected[:, 0])).sum(1) + total - 70
    curve = (30 * (np.log(30 / (2 * np.pi * residual)) - 1) + np.log(shrunk).sum(1)) / 60
    peaks = np.flatnonzero((curve[1:-1] > curve[:-2]) & (curve[1:-1] > curve[2:])) + 1
    assert len(peaks) == 2
    assert logme(spectrum, target) == pytest.approx(curve.max(), abs=1e-8)


def test_logme_prefers_what_tells_the_target():
    """The telling encoder is above the others, and the mean over targets is taken."""
    parts = embeddings(60)
    targets = values(parts)
    each = [logme(Spectra(parts, targets[:, :1]).subset([member]), targets[:, :1]) for member in range(3)]
    assert np.argmax(each) == 0
    noise = targets[:, 1:]
    both = (each[0] + logme(Spectra(parts, noise).subset([0]), noise)) / 2
    assert logme(Spectra(parts, targets).subset([0]), targets) == pytest.approx(both)


@pytest.mark.parametrize("target", [np.zeros((30, 1)), np.tile([[1.0], [-1.0]], (15, 1))])
def test_logme_of_the_untellable_is_finite(target):
    """Targets that do not vary, or that no embedding explains."""
    parts = embeddings(30)
    assert np.isfinite(logme(Spectra(parts, target).subset([0, 1]), target))


def indicators(classes):
    return (classes[:, None] == np.unique(classes)).astype(float)


@given(
    members=st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True),
    rows=st.sampled_from([7, 45]),
    seed=st.integers(0, 20),
)
def test_the_h_score_is_the_trace_of_its_definition(members, rows, seed):
    """tr(cov(f)^-1 cov(E[f|y])) with scikit-learn's shrunk covariance, for every subset."""
    parts = embeddings(rows, seed)
    classes = np.arange(rows) % 3
    features = np.concatenate([parts[member] for member in members], 1)
    means = np.stack([features[classes == label].mean(0) for label in classes])
    covariance, share = ledoit_wolf(features, assume_centered=True)
    expected = (1 - share) * np.trace(np.linalg.solve(covariance, means.T @ means / rows))
    spectrum = Spectra(parts, indicators(classes)).subset(members)
    assert shrinkage(spectrum)[0] == pytest.approx(share, abs=1e-9)
    found = h_score(spectrum, np.bincount(classes))
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_h_score_prefers_what_tells_the_classes():
    """An encoder that the classes move scores above one that they do not."""
    parts = embeddings(90)
    classes = np.arange(90) % 3
    parts[2] = parts[2] + 3 * indicators(classes)
    parts[2] -= parts[2].mean(0)
    spectra = Spectra(parts, indicators(classes))
    scores = [h_score(spectra.subset([member]), np.bincount(classes)) for member in range(3)]
    assert np.argmax(scores) == 2
