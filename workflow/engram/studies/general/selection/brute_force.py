"""Brute force: the validation score of a head that is trained on each subset, for every seed."""

from __future__ import annotations

from collections.abc import Mapping

from engram.studies.general.selection.candidates import Candidates
from engram.studies.general.selection.selector import Selector, SubsetScores

__all__ = ["BruteForce"]


class BruteForce(Selector):
    """Scores every subset by what is trained on it.

    For verification by pairs nothing is learnt: the score is the accuracy of the cosines.
    """

    name = "networks"
    heading = "brute force"
    seeded = True

    def score(
        self, candidates: Candidates, seed: int, *, top: int, earlier: Mapping[str, SubsetScores]
    ) -> SubsetScores:
        """Train on every subset."""
        trained = candidates.train(seed)
        numbers = list(range(len(candidates.subsets)))
        return SubsetScores(numbers, trained.validation, trained.seconds, trained)
