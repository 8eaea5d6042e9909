"""What one stage's training is given: its recipe, its label set, its faces, its starting network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engram.config import RecipeSettings, Settings
from engram.core.errors import ConfigurationError
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.seeds import derive_seed
from engram.data.images.store import FaceStore
from engram.data.splitting import Split, read_split
from engram.models.files import load_model
from engram.models.vgg import VGG
from engram.studies.lineage.trials import stage_inputs
from engram.training.device import Device, choose_device
from engram.training.labelled_faces import Part, Subset, labelled_part

__all__ = ["StageJob", "network_settings", "stage_task"]


@dataclass(frozen=True)
class StageJob:
    """One stage of one seed, with the data it may read."""

    lineage: Lineage
    seed: int
    settings: Settings
    layout: Layout
    device: Device
    stores: dict[str, FaceStore]
    splits: dict[str, Split]
    task: str
    """The label set it learns."""

    @classmethod
    def open(cls, lineage: Lineage, seed: int, settings: Settings, layout: Layout, threads: int) -> StageJob:
        """Open the stores and splits that the stage reads, and choose device and number format."""
        names = stage_inputs(settings, lineage)
        stores = {name: FaceStore.open(layout.faces(name)) for name in names}
        return cls(
            lineage,
            seed,
            settings,
            layout,
            choose_device(settings.compute, threads),
            stores,
            {name: read_split(layout.split(name), len(stores[name].faces)) for name in names},
            stage_task(lineage, settings),
        )

    @property
    def recipe(self) -> RecipeSettings:
        """How the stage trains."""
        return self.settings.memory.recipe[self.lineage.stage.recipe]

    @property
    def stream(self) -> int:
        """The seed of everything random in it."""
        return derive_seed(self.seed, self.lineage)

    def network(self) -> VGG:
        """Return the network that training starts from: the parent's, or one of random weights.

        A label set that the parent does not know gets a new head.
        """
        torch.manual_seed(derive_seed(self.stream, "weights"))
        chosen = network_settings(self.settings)
        if self.lineage.parent is None:
            return VGG({self.task: len(CLASSES[self.task])}, **chosen)
        network = load_model(self.layout.model(self.lineage.parent, self.seed), expected=chosen)
        network.add_head(self.task, len(CLASSES[self.task]))
        return network

    def subsets(self) -> tuple[Subset, Subset]:
        """Return the training and validation subsets: the portions' and the replayed share's."""
        training = [self._part(p.dataset, "train", p.percent) for p in self.lineage.stage.portions]
        validation = [self._part(p.dataset, "validation") for p in self.lineage.stage.portions]
        if self.recipe.replay:
            rng = np.random.default_rng(derive_seed(self.stream, "replay"))
            for name in self.rehearsable():
                training.append(self._part(name, "train").share(self.recipe.replay, rng))
                validation.append(self._part(name, "validation").share(self.recipe.replay, rng))
        return Subset(training), Subset(validation)

    def rehearsable(self) -> list[str]:
        """Return the earlier stages' data sets that carry labels of this stage's task."""
        return [
            name for name in self.lineage.earlier_datasets if self.settings.datasets[name].task == self.task
        ]

    def earlier_faces(self, count: int) -> Subset:
        """Return up to ``count`` training faces of the earlier stages, for the Fisher information."""
        parts = [self._part(name, "train") for name in self.rehearsable()]
        total = sum(len(part.rows) for part in parts)
        rng = np.random.default_rng(derive_seed(self.stream, "fisher"))
        return Subset([part.share(min(1.0, count / total), rng) for part in parts])

    def _part(self, name: str, subset: str, percent: int = 100) -> Part:
        return labelled_part(self.stores[name], self.splits[name], self.task, subset, percent)


def network_settings(settings: Settings) -> dict[str, float]:
    """Return the constructor's arguments of the study's network."""
    channels = 1 if settings.faces.colour == "grey" else 3
    return {**settings.memory.network.model_dump(), "channels": channels, "size": settings.faces.size}


def stage_task(lineage: Lineage, settings: Settings) -> str:
    """Return the label set that a lineage's last stage learns.

    Raises
    ------
    ConfigurationError
        If the stage merges data sets of different label sets.
    """
    tasks = {name: settings.datasets[name].task for name in lineage.stage.datasets}
    if len(set(tasks.values())) > 1:
        raise ConfigurationError(f"stage '{lineage.stage}' merges data sets of different tasks: {tasks}.")
    return next(iter(tasks.values()))
