"""The spectra of embeddings, from which LogME and the H-score are computed without training a head.

Both need no more than the eigenvalues of the embeddings' Gram matrix and the targets in its
eigenvectors. That matrix is N x N or T x T, whichever is smaller, and a subset's is the sum, or a
block, of what the encoders have, so that nothing is computed from the embeddings twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Spectra", "Spectrum"]

#: Eigenvalues below this fraction of the largest are rounding errors.
_ROUNDING = 1e-9


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
        Each encoder's centred embeddings, (N, d).
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

    def subset(self, members: Sequence[int]) -> Spectrum:
        """Return the spectrum of a subset, given by its encoders' positions."""
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
