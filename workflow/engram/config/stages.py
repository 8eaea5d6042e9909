"""Settings of every study of lineages: recipes that hold a model to its parent, strategies, transfers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Annotated, Self

from pydantic import Field

from engram.config.base import Fraction, Name, Percent, Strict
from engram.config.training import TrainingSettings

__all__ = ["CHOICES", "StageRecipe", "StrategySettings", "TransferSettings"]

Weight = Annotated[float, Field(ge=0.0)]
Weights = Weight | Annotated[list[Weight], Field(min_length=1)]
Fractions = Fraction | Annotated[list[Fraction], Field(min_length=1)]
#: What a recipe may list several values of.
CHOICES = ("replay", "distillation", "elastic", "l2_sp")


class StageRecipe(TrainingSettings):
    """What the recipes of all studies of lineages share: how a stage is held to its parent.

    `replay`, `distillation`, `elastic` and `l2_sp` take one value or a list of them. Of a list each is
    trained, and the one is kept whose mean validation score over all data sets that the lineage has seen,
    such as source and target, is highest; of equals the first. A record names what was tried and kept.
    """

    replay: Fractions = 0.0
    """Fraction of the earlier stages' training subsets that is trained along."""
    distillation: Weights = 0.0
    """Weight of the distance to the parent's outputs (learning without forgetting, Li and Hoiem 2016)."""
    temperature: float = Field(default=2.0, gt=0.0)
    """Temperature of that distillation."""
    elastic: Weights = 0.0
    """Weight of elastic weight consolidation (Kirkpatrick et al. 2017)."""
    fisher_samples: int = Field(default=256, ge=1)
    """Training samples of the earlier stages behind its Fisher information (docs/fisher.md)."""
    l2_sp: Weights = 0.0
    """Weight of the squared distance to the parent's weights (L2-SP, Li, Grandvalet and Davoine 2018)."""

    @property
    def listed(self) -> list[str]:
        """The settings of which it lists several values."""
        return [name for name in CHOICES if isinstance(getattr(self, name), list)]

    def weight(self, name: str) -> float:
        """Return what a term of `CHOICES` weighs in a recipe of single values."""
        value = getattr(self, name)
        assert not isinstance(value, list), f"'{name}' of this recipe has yet to be chosen"
        return value

    def candidates(self) -> list[Self]:
        """Return a recipe of single values for each combination of the listed ones."""
        names = self.listed
        combinations = product(*(getattr(self, name) for name in names))
        return [self.model_copy(update=dict(zip(names, values, strict=True))) for values in combinations]


class StrategySettings(Strict):
    """A list of stages, each `data.recipe`; `source` and `target` stand for a transfer's data sets."""

    stages: list[str] = Field(min_length=1)
    """Oldest first, such as `[source.base, target.head]`; `a+b.recipe` merges two data sets."""
    title: str = ""
    """One sentence for the report."""
    fractions: Annotated[list[Percent], Field(min_length=1)] | None = None
    """Fractions of a target's training subset, in percent, among those of the study; null: all of them."""

    @property
    def uses_target(self) -> bool:
        """Whether it trains on the target at all (the baseline does not)."""
        return any("target" in stage.partition(".")[0].split("+") for stage in self.stages)

    def fractions_of(self, fractions: Sequence[int]) -> Sequence[int]:
        """Return which of a study's fractions it is run at; 0 alone if it does not see the target."""
        if not self.uses_target:
            return [0]
        return [fraction for fraction in fractions if self.fractions is None or fraction in self.fractions]

    def is_for(self, source: str, target: str) -> bool:
        """Whether it is run for a transfer; every strategy is, unless its study lets it choose."""
        return True


class TransferSettings(Strict):
    """One source and the targets it is carried to."""

    source: Name
    """The data set that is learnt first, and forgotten."""
    targets: list[Name] = Field(min_length=1)
    """The data sets that it is carried to, one transfer each."""
