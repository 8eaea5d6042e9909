"""The trade-off of a transfer: the mean of a model's accuracy on source and on target.

The two test subsets are of different subjects, but the models on both sides are those of the same seeds.
"""

from __future__ import annotations

import pandas as pd

from engram.statistics.crossed import mean_effect
from engram.statistics.intervals import Scores

__all__ = ["mean_of_both"]


def mean_of_both(source: Scores, target: Scores) -> Scores:
    """Return the mean of two data sets' scores, of the models that both have.

    Differences of two models are paired on each side, as they are on one data set.
    """
    models = [name for name in source.models if name in target]
    effects = {name: mean_effect([side.effect(name) for side in (source, target)]) for name in models}
    by_subject = pd.concat([side.by_subject[models] for side in (source, target)], keys=["source", "target"])
    return Scores(effects, source.confidence, by_subject)
