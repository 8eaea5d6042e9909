"""Out-of-core PCA: the same directions as scikit-learn's full decomposition, however rows come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from engram.core.errors import TrainingError
from engram.models.pca import fit_pca


def make_rows(count=400, values=30, offset=0.0, seed=0):
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((count, values)) * np.arange(values, 0, -1)
    return mixed @ np.linalg.qr(rng.standard_normal((values, values)))[0] + offset


def blocks_of(rows, size):
    return np.split(rows, range(size, len(rows), size))


def test_it_is_scikit_learn_s_pca():
    """Mean, directions, variances and the subspace are those of the full SVD."""
    rows = make_rows()
    found = fit_pca(blocks_of(rows, 64), 7)
    expected = PCA(7, svd_solver="full").fit(rows)
    assert np.allclose(found.mean, expected.mean_)
    assert np.allclose(found.variances, expected.explained_variance_)
    assert subspace_angles(found.directions.T, expected.components_.T).max() < 1e-9
    cosines = np.abs((found.directions * expected.components_).sum(axis=1))
    assert np.allclose(cosines, 1.0)


@given(st.integers(1, 500), st.integers(1, 30))
def test_blocks_do_not_matter(size, components):
    """Any cutting into blocks gives the same result."""
    rows = make_rows()
    whole, parts = fit_pca([rows], components), fit_pca(blocks_of(rows, size), components)
    assert np.allclose(whole.mean, parts.mean)
    assert np.allclose(whole.variances, parts.variances)
    assert np.allclose(whole.directions, parts.directions, atol=1e-8)


def test_a_mean_far_from_zero_costs_no_digits():
    """With an offset ten million times the smallest spread the subspace is still right."""
    rows = make_rows()
    near, far = fit_pca(blocks_of(rows, 50), 5), fit_pca(blocks_of(rows + 1e7, 50), 5)
    assert subspace_angles(near.directions.T, far.directions.T).max() < 1e-6
    assert np.allclose(near.variances, far.variances, rtol=1e-6)


def test_float32_rows_are_summed_in_float64():
    """Single precision blocks give the directions of the same values in double precision."""
    rows = make_rows(offset=100.0).astype(np.float32)
    single = fit_pca(blocks_of(rows, 32), 5)
    double = fit_pca([rows.astype(np.float64)], 5)
    assert subspace_angles(single.directions.T, double.directions.T).max() < 1e-9


def test_directions_are_orthonormal_with_a_fixed_sign():
    """Rows are orthonormal and each row's value of greatest size is positive."""
    directions = fit_pca([make_rows()], 12).directions
    assert np.allclose(directions @ directions.T, np.eye(12))
    assert (directions[np.arange(12), np.abs(directions).argmax(axis=1)] > 0).all()


@pytest.mark.parametrize(("count", "values", "size"), [(0, 30, 2), (5, 30, 5), (400, 30, 31)])
def test_too_few_rows_or_values_are_refused(count, values, size):
    """As many components as rows, or more than values, cannot be had."""
    rows = make_rows(values=values)[:count]
    with pytest.raises(TrainingError, match=f"PCA: {count} faces .* too few for {size} components"):
        fit_pca([rows] if count else [], size)
