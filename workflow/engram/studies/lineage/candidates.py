"""Where a recipe lists values, each is trained and one is kept, by validation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engram.core.errors import ConfigurationError
from engram.studies.lineage.curves import validation_scores
from engram.studies.lineage.learning import Learning
from engram.studies.lineage.stage_job import StageJob
from engram.training.checkpoints import State

__all__ = ["Trained", "choose"]


@dataclass(frozen=True)
class Trained:
    """A stage that was trained by a recipe of single values."""

    job: StageJob
    learning: Learning
    state: State

    def result(self) -> dict[str, float]:
        """Return the listed values, the score on each validation subset, and their mean, the criterion.

        The scores are those of the network that is kept: its epoch was chosen on the target alone.

        Raises
        ------
        ConfigurationError
            If there is nothing to choose by, since no data set of an earlier stage is observed.
        """
        recipe = self.job.lineage.stage.recipe
        if not self.state.curves or self.job.files.parent is None:
            raise ConfigurationError(
                f"recipe '{recipe}' lists several values, but '{self.job.lineage}' adapts no earlier model: "
                "there is no forgetting to choose by. Give one value."
            )
        kept = validation_scores(self.state.curves[int(self.state.best_epoch)])
        del kept["epoch"]
        values = {name: getattr(self.job.recipe, name) for name in self.job.listed}
        return {**values, **kept, "criterion": float(np.mean([*kept.values()]))}


def choose(candidates: Iterable[Trained]) -> tuple[Trained, list[dict[str, float]]]:
    """Return the candidate of the highest criterion, of equals the first, and what each gave.

    A single candidate is kept without more.
    """
    best: Trained | None = None
    tried: list[dict[str, float]] = []
    chosen = 0
    for number, candidate in enumerate(candidates):
        if not candidate.job.listed:
            return candidate, []
        tried.append(candidate.result())
        if best is None or tried[-1]["criterion"] > tried[chosen]["criterion"]:
            best, chosen = candidate, number
    assert best is not None
    return best, [entry | {"chosen": float(number == chosen)} for number, entry in enumerate(tried)]
