"""Additive kernel ridge: the kernel of a subset is the sum of its encoders' kernels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engram.studies.general.selection.brute_force import BruteForce
from engram.studies.general.selection.candidates import Candidates
from engram.studies.general.selection.selector import Selector, SubsetScores, timed_scores

__all__ = ["KernelRidge", "KernelThenNetworks"]


class KernelRidge(Selector):
    """Scores every subset by the validation score of kernel ridge; see `AdditiveKernels`.

    For verification by pairs it is the accuracy of the cosines, from sums of the encoders' products.
    """

    name = "kernel"
    heading = "additive kernel ridge"

    def score(
        self, candidates: Candidates, seed: int, *, top: int, earlier: Mapping[str, SubsetScores]
    ) -> SubsetScores:
        """Sum the encoders' kernels."""
        return timed_scores(candidates.additive)


class KernelThenNetworks(Selector):
    """Scores the few subsets that kernel ridge finds best, by brute force."""

    name = "kernel_top"
    heading = "kernel, then networks"
    seeded = BruteForce.seeded
    builds_on = KernelRidge.name

    def score(
        self, candidates: Candidates, seed: int, *, top: int, earlier: Mapping[str, SubsetScores]
    ) -> SubsetScores:
        """Train on the kernel's best ``top`` subsets."""
        kernel = earlier[KernelRidge.name]
        numbers = np.sort(np.argsort(-kernel.validation, kind="stable")[:top]).tolist()
        trained = candidates.train(seed, numbers)
        return SubsetScores(numbers, trained.validation, kernel.seconds + trained.seconds)
