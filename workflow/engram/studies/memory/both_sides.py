"""The trade-off of a transfer: the mean of a model's accuracy on source and on target.

The two test subsets are of different subjects, but the models on both sides are those of the same seeds.
"""

from __future__ import annotations

import numpy as np

from engram.statistics.intervals import Scores

__all__ = ["mean_of_both"]


def mean_of_both(source: Scores, target: Scores) -> Scores:
    """Return the mean of two data sets' scores, of the models that both have, draw by draw.

    Differences of two models are paired on each side, as they are on one data set.
    """
    models = tuple(name for name in source.models if name in target)
    sides = [(scores, [scores.models.index(name) for name in models]) for scores in (source, target)]
    return Scores(
        models=models,
        value=np.mean([scores.value[chosen] for scores, chosen in sides], axis=0),
        draws=np.mean([scores.draws[chosen] for scores, chosen in sides], axis=0),
        # The more cautious of the two: that of the data set with fewer subjects.
        tail=min(source.tail, target.tail),
    )
