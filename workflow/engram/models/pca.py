"""Principal component analysis out of core: rows are read in blocks and not kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.linalg.blas import dsyrk

from engram.core.errors import TrainingError

__all__ = ["Components", "fit_pca"]


@dataclass(frozen=True)
class Components:
    """The directions in which data vary most."""

    mean: np.ndarray
    """(T,) float64."""
    directions: np.ndarray
    """(d, T) float64, orthonormal rows, the greatest variance first; each row's value of greatest
    size is positive, so that the sign is always the same."""
    variances: np.ndarray
    """(d,) float64, along each direction, with n - 1 in the denominator."""


def fit_pca(blocks: Iterable[np.ndarray], size: int) -> Components:
    """Return the ``size`` first principal components of rows that come in blocks.

    One pass: the T x T scatter is summed in float64 around the first block's mean, which is close
    enough to the true mean to lose no digits, and corrected for the true mean at the end. Only the
    eigenvectors that are asked for are computed. Memory: about four T x T matrices and a block,
    whatever the number of rows.

    Parameters
    ----------
    blocks
        Arrays (B, T); any float type.
    size
        d, at most T and less than the number of rows.

    Raises
    ------
    TrainingError
        If there are too few rows or values for ``size`` components.
    """
    count, shift, scatter = 0, None, None
    for block in blocks:
        if shift is None:
            shift = block.mean(axis=0, dtype=np.float64)
            total = np.zeros_like(shift)
            scatter = np.zeros((len(shift), len(shift)), order="F")
        centred = block - shift
        count += len(centred)
        total += centred.sum(axis=0)
        # A symmetric product costs half of the full one; it adds to the upper triangle.
        scatter = dsyrk(1.0, centred.T, beta=1.0, c=scatter, overwrite_c=1)
    if scatter is None or size >= count or size > len(scatter):
        values = 0 if scatter is None else len(scatter)
        raise TrainingError(
            f"PCA: {count} faces with {values} values are too few for {size} components. "
            "Lower the last of 'general.fusion.hidden', or give more unlabelled faces."
        )
    scatter = dsyrk(-1.0 / count, total[:, None], beta=1.0, c=scatter, overwrite_c=1)
    return _components(scatter, count, shift + total / count, size)


def _components(scatter: np.ndarray, count: int, mean: np.ndarray, size: int) -> Components:
    values = len(scatter)
    roots, vectors = eigh(
        scatter,
        lower=False,
        subset_by_index=[values - size, values - 1],
        driver="evr",
        overwrite_a=True,
        check_finite=False,
    )
    directions = vectors[:, ::-1].T
    greatest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(size), greatest])
    return Components(mean, directions * signs[:, None], roots[::-1].clip(0) / (count - 1))
