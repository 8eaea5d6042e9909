"""Scores of how well embeddings transfer, from training rows alone and without training a head.

LogME (You et al., ICML 2021) is the evidence that a linear model with Gaussian prior and noise gives
the targets. The H-score (Bao et al., ICIP 2019) is the share of the embedding's variance that the
classes explain, tr(cov(f)^-1 cov(E[f|y])); its covariance is regularised by the shrinkage of Ledoit and
Wolf (2004), as Ibrahim et al. (2022) advise.

Both need no more than the eigenvalues of the embeddings' Gram matrix and the targets in its
eigenvectors. That matrix is N x N or T x T, whichever is smaller, and a subset's is the sum, or a
block, of what the encoders have, so that nothing is computed from the embeddings twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Spectra", "Spectrum", "h_score", "logme"]

#: Eigenvalues below this share of the largest are rounding.
_ROUNDING = 1e-9
#: LogME's fixed point: steps at most, and the relative change that ends them.
_STEPS, _TOLERANCE = 100, 1e-6
#: Precision of the prior where nothing is explained: without a bound it would grow for ever.
_PRECISE = 1e10


@dataclass(frozen=True)
class Spectrum:
    """Centred embeddings F (N, D) and targets Y (N, O), as seen by F = U sqrt(V) W'."""

    values: np.ndarray
    """The eigenvalues of F F' that are not 0, (r,)."""
    projected: np.ndarray
    """U'Y, (r, O)."""
    rows: int
    """N."""
    size: int
    """D."""
    fourth: float
    """The sum of |f_i|^4 over rows."""


class Spectra:
    """The spectra of every subset of some encoders.

    Parameters
    ----------
    embeddings
        An encoder's centred embeddings each, (N, d).
    targets
        (N, O).
    """

    def __init__(self, embeddings: Sequence[np.ndarray], targets: np.ndarray) -> None:
        self._parts = [part.astype(np.float64) for part in embeddings]
        self._sizes = np.array([part.shape[1] for part in self._parts])
        self._targets = targets.astype(np.float64)
        self._lengths = np.stack([np.square(part).sum(1) for part in self._parts])
        self._by_rows = len(targets) < self._sizes.sum()
        if self._by_rows:
            self._grams = np.stack([part @ part.T for part in self._parts])
        else:
            together = np.concatenate(self._parts, axis=1)
            self._own = np.repeat(np.arange(len(self._parts)), self._sizes)
            self._products, self._toward = together.T @ together, together.T @ self._targets

    def of(self, members: Sequence[int]) -> Spectrum:
        """Return the spectrum of a subset, given by its encoders' numbers."""
        chosen = list(members)
        if self._by_rows:
            values, vectors = _above_rounding(*np.linalg.eigh(self._grams[chosen].sum(0)))
            projected = vectors.T @ self._targets
        else:
            columns = np.flatnonzero(np.isin(self._own, chosen))
            values, vectors = _above_rounding(*np.linalg.eigh(self._products[np.ix_(columns, columns)]))
            projected = vectors.T @ self._toward[columns] / np.sqrt(values)[:, None]
        fourth = float(np.square(self._lengths[chosen].sum(0)).sum())
        return Spectrum(values, projected, len(self._targets), int(self._sizes[chosen].sum()), fourth)


def _above_rounding(values: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kept = values > _ROUNDING * values[-1]
    return values[kept], vectors[:, kept]


def logme(spectrum: Spectrum, targets: np.ndarray) -> float:
    """Return the log of the maximal evidence by row, the mean over targets (N, O); more is better.

    The targets must be centred, as the linear model has no constant.
    """
    total = np.maximum(np.square(targets.astype(np.float64)).sum(0), 1e-12)
    return float(_evidence(spectrum, np.square(spectrum.projected), total).mean())


def _evidence(spectrum: Spectrum, explained: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return the log evidence by row of each target (O,) at the fixed point of You et al., algorithm 1.

    ``explained`` (r, O) are the squares of the targets in the eigenvectors, ``total`` (O,) their
    whole squares. Alpha is the precision of the weights, beta that of the noise.
    """
    values, rows, size = spectrum.values[:, None], spectrum.rows, spectrum.size
    outside = np.maximum(total - explained.sum(0), 1e-12 * total)

    def parts(ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the squares of the weights and of the residuals, (O,) each."""
        shrunk = 1 / (values + ratio)
        return (values * explained * shrunk**2).sum(0), (explained * (ratio * shrunk) ** 2).sum(0) + outside

    alpha = beta = np.ones(len(total))
    for _ in range(_STEPS):
        before = alpha / beta
        known = (values / (values + before)).sum(0)
        weights, residual = parts(before)
        alpha = np.minimum(known / np.maximum(weights, 1e-12), _PRECISE)
        beta = np.maximum(rows - known, 1e-12) / residual
        if (np.abs(alpha / beta - before) <= _TOLERANCE * before).all():
            break
    weights, residual = parts(alpha / beta)
    determinant = np.log(alpha + beta * values).sum(0) + (size - len(values)) * np.log(alpha)
    terms = size * np.log(alpha) + rows * np.log(beta / (2 * np.pi)) - determinant
    return (terms - beta * residual - alpha * weights) / 2 / rows


def h_score(spectrum: Spectrum, counts: np.ndarray) -> float:
    """Return the regularised H-score of classes; more is better.

    Parameters
    ----------
    spectrum
        Of the classes' indicators as targets, (N, C).
    counts
        Rows of each class, (C,).
    """
    share, mean = shrinkage(spectrum)
    covariance = spectrum.values / spectrum.rows
    shrunk = (1 - share) * covariance + share * mean
    # cov(E[f|y]) in the eigenvectors of cov(f): its diagonal is all that the trace needs.
    between = spectrum.values[:, None] * spectrum.projected**2 / np.maximum(counts, 1) / spectrum.rows
    return float(((1 - share) * between.sum(1) / shrunk).sum())


def shrinkage(spectrum: Spectrum) -> tuple[float, float]:
    """Return how far the covariance is drawn to the identity (0 to 1), and that identity's scale.

    Ledoit and Wolf (2004), section 3.2.
    """
    covariance = spectrum.values / spectrum.rows
    mean = covariance.sum() / spectrum.size
    squared = np.square(covariance).sum()
    apart = squared - spectrum.size * mean**2
    noise = spectrum.fourth / spectrum.rows**2 - squared / spectrum.rows
    return float(np.clip(noise / apart, 0.0, 1.0)) if apart > 0 else 1.0, float(mean)
