"""The H-score (Bao et al., ICIP 2019): how much of the embedding's variance the classes explain.

It is tr(cov(f)^-1 cov(E[f|y])), from the training faces alone; its covariance is regularised by the
shrinkage of Ledoit and Wolf (2004), as Ibrahim et al. (2022) advise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engram.studies.general.selection.candidates import Candidates, Labelled, Subset
from engram.studies.general.selection.selector import Selector, SubsetScores, timed_scores
from engram.studies.general.selection.spectra import Spectra, Spectrum

__all__ = ["HScore", "h_score", "shrinkage"]


class HScore(Selector):
    """Scores every subset by its H-score, the mean over attributes; validation plays no part."""

    name = "h_score"
    heading = "H-score"

    def score(
        self, candidates: Candidates, seed: int, *, top: int, earlier: Mapping[str, SubsetScores]
    ) -> SubsetScores:
        """Compute the H-score of each subset's spectrum."""
        return timed_scores(lambda: _scores(candidates.labelled(), candidates.subsets))


def _scores(faces: Labelled, subsets: Sequence[Subset]) -> np.ndarray:
    classes = faces.classes
    indicators = np.concatenate([column[:, None] == np.unique(column) for column in classes.T], axis=1)
    spectra, counts = Spectra(faces.embeddings, indicators), indicators.sum(0)
    return np.array([h_score(spectra.subset(members), counts) / classes.shape[1] for members in subsets])


def h_score(spectrum: Spectrum, counts: np.ndarray) -> float:
    """Return the regularised H-score of classes; more is better.

    Parameters
    ----------
    spectrum
        Of the classes' indicators as targets, (N, C).
    counts
        Rows of each class, (C,).
    """
    weight, mean = shrinkage(spectrum)
    covariance = spectrum.values / spectrum.rows
    shrunk = (1 - weight) * covariance + weight * mean
    # cov(E[f|y]) in the eigenvectors of cov(f): its diagonal is all that the trace needs.
    between = spectrum.values[:, None] * spectrum.projected**2 / np.maximum(counts, 1) / spectrum.rows
    return float(((1 - weight) * between.sum(1) / shrunk).sum())


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
