"""LogME (You et al., ICML 2021): the evidence of a linear model, from the training faces alone.

It is the evidence that a linear model with Gaussian prior and noise gives the targets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from engram.studies.general.selection.candidates import Candidates, Labelled, Subset
from engram.studies.general.selection.selector import Selector, SubsetScores, timed_scores
from engram.studies.general.selection.spectra import Spectra, Spectrum

__all__ = ["LogME", "logme"]

#: Ratios of the prior's precision to the noise's that are tried first, in units of the largest eigenvalue.
_RATIOS = np.logspace(-10, 10, 161)
#: Golden sections around the best of them: its place is then known to a millionth.
_SECTIONS = 30


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
    """Return the log of the maximal evidence by degree of freedom, the mean over targets (N, O).

    More is better. Targets and embeddings must be centred, as the linear model has no constant: N centred
    rows lie in N - 1 dimensions, and only these count.
    """
    total = np.maximum(np.square(targets.astype(np.float64)).sum(0), 1e-12)
    return float(_evidence(spectrum, np.square(spectrum.projected), total).mean())


def _evidence(spectrum: Spectrum, explained: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return the greatest log evidence by degree of freedom of each target (O,).

    With alpha the precision of the weights, beta that of the noise and r = alpha / beta, the best beta for a
    given r is known: n / q(r). The evidence is then a function of r alone,
    2 log p = n log(n / (2 pi q)) - n - sum log(1 + v / r), with eigenvalues v. It may have several maxima,
    and the fixed point of You et al., algorithm 1, ends in that of its start: a grid finds the greatest.

    ``explained`` (k, O) are the squares of the targets in the eigenvectors, ``total`` (O,) their
    whole squares.
    """
    values, dimensions = spectrum.values, spectrum.rows - 1
    outside = np.maximum(total - explained.sum(0), 1e-12 * total)

    def evidence(ratios: np.ndarray, residual: np.ndarray) -> np.ndarray:
        """Return it for ratios (R, k or 1, O or 1) and q (R, O), by degree of freedom."""
        penalty = np.log1p(values[:, None] / ratios).sum(1)
        return (dimensions * (np.log(dimensions / (2 * np.pi * residual)) - 1) - penalty) / (2 * dimensions)

    ratios = _RATIOS * values.max(initial=1e-300)
    residual = (ratios[:, None] / (values + ratios[:, None])) @ explained + outside
    best = evidence(ratios[:, None, None], residual).argmax(0)

    def at(logs: np.ndarray) -> np.ndarray:
        """Return the evidence of each target at its own ratio (O,)."""
        own = np.exp(logs)
        residual = (own / (values[:, None] + own) * explained).sum(0) + outside
        return evidence(own[None, None], residual[None])[0]

    step = np.log(_RATIOS[1] / _RATIOS[0])
    middle = np.log(ratios)[best]
    return _golden_maximum(at, middle - step, middle + step)


def _golden_maximum(
    function: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return the maxima (O,) of a function of (O,) numbers between two ends each, by golden sections."""
    share = (np.sqrt(5) - 1) / 2
    left, right = high - share * (high - low), low + share * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(_SECTIONS):
        up = at_right > at_left
        low, high = np.where(up, left, low), np.where(up, high, right)
        left, right = (
            np.where(up, right, high - share * (high - low)),
            np.where(up, low + share * (high - low), left),
        )
        new = function(np.where(up, right, left))
        at_left, at_right = np.where(up, at_right, new), np.where(up, new, at_left)
    return np.maximum(at_left, at_right)
