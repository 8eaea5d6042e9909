"""What one stage's training is given: its recipe, its stores and splits, its parent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engram.config import StageRecipe
from engram.core.errors import ConfigurationError
from engram.core.lineage import Lineage
from engram.core.seeds import derive_seed
from engram.data.split import Split, read_split
from engram.studies.lineage.jobs import StageParams
from engram.studies.lineage.protocols import Modality, Network, Store
from engram.training.device import Device, choose_device

__all__ = ["StageFiles", "StageJob"]


@dataclass(frozen=True)
class StageFiles:
    """The files of one model's training."""

    stores: Mapping[str, Path]
    """Data set -> folder of its prepared samples."""
    splits: Mapping[str, Path]
    parent: Path | None
    """Model of the stage before; None for a model from random weights."""
    model: Path
    record: Path
    scratch: Path
    """Folder of the checkpoint and of caches."""
    epochs: Path | None = None
    """Where to write the scores on test subsets after each epoch, in a study that keeps them."""


@dataclass(frozen=True)
class StageJob:
    """One stage of one seed, with the data that it may read."""

    lineage: Lineage
    seed: int
    params: StageParams
    files: StageFiles
    modality: Modality
    device: Device
    stores: dict[str, Store]
    splits: dict[str, Split]
    """The subsets of its own fold, where a data set has folds."""
    candidate: StageRecipe | None = None
    """Of a recipe that lists several values, the one to train by."""

    @classmethod
    def load(
        cls,
        lineage: Lineage,
        seed: int,
        params: StageParams,
        files: StageFiles,
        modality: Modality,
        threads: int,
    ) -> StageJob:
        """Open the stores and splits that the stage reads, and choose device and number format."""
        names = params.reads(lineage)
        stores = {name: modality.open_store(files.stores[name]) for name in names}
        return cls(
            lineage,
            seed,
            params,
            files,
            modality,
            choose_device(params.compute, threads),
            stores,
            {
                name: read_split(files.splits[name], len(stores[name])).in_fold(lineage.fold_of(name))
                for name in names
            },
        )

    @property
    def recipe(self) -> StageRecipe:
        """How the stage trains."""
        return self.candidate or self.params.recipes[self.lineage.stage.recipe]

    @property
    def listed(self) -> list[str]:
        """The settings of which its recipe lists several values."""
        return self.params.recipes[self.lineage.stage.recipe].listed

    def candidates(self) -> list[StageJob]:
        """Return a job for each combination of the values that its recipe lists."""
        return [replace(self, candidate=recipe) for recipe in self.recipe.candidates()]

    @property
    def stream(self) -> int:
        """The seed of everything random in it."""
        return derive_seed(self.seed, self.lineage)

    def parent(self, setting: str) -> Network:
        """Return the parent's network, for a recipe whose ``setting`` needs it.

        Raises
        ------
        ConfigurationError
            If the stage has no parent.
        """
        if self.files.parent is None:
            raise ConfigurationError(
                f"recipe '{self.lineage.stage.recipe}': '{setting}' holds a stage to its parent, "
                f"but '{self.lineage}' has none. Use the recipe in a later stage."
            )
        return self.modality.load_network(self.files.parent)
