"""Settings of the study of memory integrity."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engram.config.base import Name, Percent, Seeds, Strict
from engram.config.levels import LevelsSettings
from engram.config.stages import StageRecipe, StrategySettings, TransferSettings
from engram.config.training import AugmentSettings
from engram.core.lineage import Lineage

__all__ = ["MemorySettings", "NetworkSettings", "RecipeSettings", "SweepSettings", "sweep_recipe"]


class NetworkSettings(Strict):
    """The simplified VGG of Tannugi et al. (2019), section III."""

    width: float = Field(default=1.0, gt=0.0, le=4.0)
    """Factor on all channels and hidden units; 1 is the published network of 19,291,207 parameters."""
    dropout: float = Field(default=0.5, ge=0.0, lt=1.0)
    """Dropout after the first two fully connected layers."""


class RecipeSettings(StageRecipe):
    """How one stage trains.

    `replay`, `distillation`, `elastic` and `l2_sp` take one value or a list of them. Of a list each is
    trained, and the one is kept whose mean validation accuracy over all data sets that the lineage has seen,
    such as source and target, is highest; of equals the first. A record names what was tried and kept.
    """

    layers: Literal["all", "classifier", "classifier+conv"] = "all"
    """What is trained; `classifier` is all fully connected layers, `+conv` adds the last convolution."""
    augment: AugmentSettings = AugmentSettings()
    """Random changes of the training faces."""
    augmentations: int = Field(default=8, ge=1)
    """Where layers are frozen: augmentations of each face whose features are computed once and cached. With
    as many as `epochs` nothing is cached, and each epoch sees a fresh one, as where all layers learn."""

    @property
    def caches_features(self) -> bool:
        """Whether what frozen layers give is computed once: not if each epoch has its own augmentation."""
        return self.layers != "all" and self.augmentations < self.epochs


Epochs = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]


class SweepSettings(Strict):
    """Forgetting against learning rate and number of steps, at the whole of one target's training subset.

    Each strategy is run with every learning rate and number of epochs in its last stage, without patience.
    """

    target: Name | None = None
    """A target of `transfers`; by default the first."""
    strategies: list[str] = Field(min_length=1)
    """Which of `strategy` are swept."""
    learning_rates: list[Annotated[float, Field(gt=0.0)]] = Field(min_length=1)
    """The learning rates of the last stage."""
    epochs: Epochs
    """Its numbers of epochs."""
    epochs_of: dict[str, Epochs] = Field(default={})
    """Strategy -> its own numbers of epochs: one that trains on source and target together takes as many
    steps in fewer epochs."""

    def settings(self, strategy: str) -> list[tuple[float, int]]:
        """Return every pair of learning rate and epochs of a strategy."""
        return list(product(self.learning_rates, self.epochs_of.get(strategy, self.epochs)))

    @model_validator(mode="after")
    def _epochs_are_of_swept_strategies(self) -> SweepSettings:
        for name in self.epochs_of:
            if name not in self.strategies:
                raise ValueError(f"epochs_of: '{name}' is not swept; choose one of {self.strategies}")
        return self


def sweep_recipe(recipe: str, learning_rate: float, epochs: int) -> str:
    """Return the name of a swept recipe, such as ``tune_rate0_001_epochs30``."""
    rate = f"{Decimal(repr(learning_rate)):f}".replace(".", "_")
    return f"{recipe}_rate{rate}_epochs{epochs}"


class MemorySettings(Strict):
    """The study of memory integrity."""

    seeds: Seeds | None = None
    """The seeds of this study; null: those of the run."""
    network: NetworkSettings = NetworkSettings()
    transfers: list[TransferSettings] = Field(min_length=1)
    """Which data sets are sources and targets."""
    drop_copies: bool = False
    """Whether faces are left out of training and validation that stand, pixel for pixel, in the test subset
    of any data set of the study, and out of training those that stand in validation. Test subsets stay
    whole. False: copies are only counted and named (table `memory_duplicates`)."""
    fractions: list[Percent] = Field(default=[50, 100])
    """Fractions of a target's training subset, in percent."""
    strategies: list[str] = Field(min_length=1)
    """Which of `strategy` are run, in the order of the tables; the first is the baseline."""
    strategy: dict[str, StrategySettings]
    """Every strategy by name."""
    recipe: dict[Name, RecipeSettings]
    """Every recipe by name. Those of the sweep are added to them."""
    sweep: SweepSettings | None = None
    """Forgetting against learning rate and number of steps; null: none."""

    levels: LevelsSettings | None = None
    """Chains of levels that end on one target, for the tables of levels; null: none."""

    @property
    def further(self) -> list[Lineage]:
        """The models of chains of levels."""
        return list(self.levels.lineages.values()) if self.levels else []

    @model_validator(mode="after")
    def _sweep_has_recipes(self) -> MemorySettings:
        sweep = self.sweep
        if sweep is None:
            return self
        targets = [name for transfer in self.transfers for name in transfer.targets]
        if sweep.target is not None and sweep.target not in targets:
            raise ValueError(
                f"sweep.target: '{sweep.target}' is the target of no transfer; choose one of {targets}"
            )
        for name in sweep.strategies:
            if name not in self.strategy or not self.strategy[name].uses_target:
                raise ValueError(f"sweep.strategies: '{name}' is no strategy that trains on a target")
            recipe = self.strategy[name].stages[-1].partition(".")[2]
            # An unknown recipe is reported where its strategy is checked.
            for rate, epochs in sweep.settings(name) if recipe in self.recipe else ():
                changed = {"learning_rate": rate, "epochs": epochs, "patience": epochs}
                if self.recipe[recipe].layers != "all":
                    # A fresh view of each face every epoch, as where all layers learn.
                    changed["augmentations"] = epochs
                self.recipe[sweep_recipe(recipe, rate, epochs)] = self.recipe[recipe].model_copy(
                    update=changed
                )
        return self
