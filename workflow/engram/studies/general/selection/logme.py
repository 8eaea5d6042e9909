"""LogME (You et al., ICML 2021): the evidence of a linear model, from the training faces alone.

It is the evidence that a linear model with Gaussian prior and noise gives the targets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engram.studies.general.selection.candidates import Candidates, Labelled, Subset
from engram.studies.general.selection.selector import Selector, SubsetScores, timed_scores
from engram.studies.general.selection.spectra import Spectra, Spectrum

__all__ = ["LogME", "logme"]

#: The fixed point: steps at most, and the relative change that ends them.
_STEPS, _TOLERANCE = 100, 1e-6
#: Precision of the prior where nothing is explained: without a bound it would grow without end.
_PRECISE = 1e10


class LogME(Selector):
    """Scores every subset by the mean over targets of the evidence; validation plays no part."""

    name = "logme"
    heading = "LogME"

    def score(
        self, candidates: Candidates, seed: int, *, top: int, earlier: Mapping[str, SubsetScores]
    ) -> SubsetScores:
        """Compute the evidence of each subset's spectrum."""
        return timed_scores(lambda: _scores(candidates.labelled(), candidates.subsets))


def _scores(faces: Labelled, subsets: Sequence[Subset]) -> np.ndarray:
    targets = faces.regressed.astype(np.float64)
    targets -= targets.mean(0)
    spectra = Spectra(faces.embeddings, targets)
    return np.array([logme(spectra.subset(members), targets) for members in subsets])


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
