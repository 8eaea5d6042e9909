"""What one stage's training is given: its recipe, its label set, its samples, its starting network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engram.config import RecipeSettings
from engram.core.errors import ConfigurationError
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.core.seeds import derive_seed
from engram.data.split import Split, read_split
from engram.studies.lineage.jobs import StageParams
from engram.studies.lineage.protocols import Modality, Network, Part, Samples, Store
from engram.studies.lineage.trials import stage_inputs
from engram.training.device import Device, choose_device

__all__ = ["StageFiles", "StageJob", "stage_task"]


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
    task: str
    """The label set it learns."""
    candidate: RecipeSettings | None = None
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
        names = stage_inputs([lineage])
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
            stage_task(lineage, params.tasks),
        )

    @property
    def recipe(self) -> RecipeSettings:
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

    def network(self) -> Network:
        """Return the network that training starts from: the parent's, or one of random weights.

        A label set that the parent does not know gets a new head.
        """
        torch.manual_seed(derive_seed(self.stream, "weights"))
        if self.files.parent is None:
            return self.modality.new_network(self.task)
        network = self.modality.load_network(self.files.parent)
        network.add_head(self.task, len(CLASSES[self.task]))
        return network

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

    def subsets(self) -> tuple[Samples, Samples]:
        """Return the training and validation samples: the stage's own and the replayed ones."""
        training: list[Any] = [
            self._part(portion.dataset, "train", portion.percent) for portion in self.lineage.stage.portions
        ]
        validation = [self._part(portion.dataset, "validation") for portion in self.lineage.stage.portions]
        if self.recipe.replay:
            rng = np.random.default_rng(derive_seed(self.stream, "replay"))
            for name in self.rehearsable():
                training.append(self._part(name, "train").fraction(self.recipe.replay, rng))
                validation.append(self._part(name, "validation").fraction(self.recipe.replay, rng))
        return self.modality.join(training), self.modality.join(validation)

    def observed(self) -> dict[str, tuple[str, Samples]]:
        """Return label set and validation samples of each data set that the lineage has seen.

        None for a model from random weights, which adapts nothing. A data set without validation samples is
        left out.
        """
        if self.files.parent is None:
            return {}
        found: dict[str, tuple[str, Samples]] = {}
        for name, task in self.params.tasks.items():
            if name in self.stores:
                part = self.modality.part(self.stores[name], self.splits[name], task, "validation")
                if len(part):
                    found[name] = task, self.modality.join([part])
        return found

    def rehearsable(self) -> list[str]:
        """Return the earlier stages' data sets that carry labels of this stage's task."""
        return [name for name in self.lineage.earlier_datasets if self.params.tasks[name] == self.task]

    def earlier_samples(self, count: int) -> Samples:
        """Return up to ``count`` training samples of the earlier stages, for the Fisher information."""
        parts = [self._part(name, "train") for name in self.rehearsable()]
        total = sum(map(len, parts))
        rng = np.random.default_rng(derive_seed(self.stream, "fisher"))
        return self.modality.join([part.fraction(min(1.0, count / total), rng) for part in parts])

    def _part(self, name: str, subset: str, percent: int = 100) -> Part:
        return self.modality.part(self.stores[name], self.splits[name], self.task, subset, percent)


def stage_task(lineage: Lineage, tasks: Mapping[str, str]) -> str:
    """Return the label set that a lineage's last stage learns, from that of every data set.

    Raises
    ------
    ConfigurationError
        If the stage merges data sets of different label sets.
    """
    found = {name: tasks[name] for name in lineage.stage.datasets}
    if len(set(found.values())) > 1:
        raise ConfigurationError(
            f"stage '{lineage.stage}' merges data sets of different tasks: {found}. "
            "Merge data sets of one task, or train on them in two stages."
        )
    return next(iter(found.values()))
