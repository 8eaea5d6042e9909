"""What a stage of the memory study learns: its label set, its faces, and the network that it starts from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from engram.core.errors import ConfigurationError
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.core.seeds import derive_seed
from engram.data.images.store import FaceStore
from engram.data.split import DROPPED
from engram.models.vgg import VGG
from engram.studies.lineage.stage_job import StageJob
from engram.training.labelled_faces import Part, Subset

if TYPE_CHECKING:
    from engram.studies.memory.modality import FaceModality

__all__ = ["StageSamples", "stage_task"]


class StageSamples:
    """The faces that a stage may read, all with labels of the one task that it learns."""

    def __init__(self, job: StageJob) -> None:
        self.job, self.task = job, stage_task(job.lineage, job.params.tasks)
        self._modality = cast("FaceModality", job.modality)

    def network(self) -> VGG:
        """Return the network that training starts from: the parent's, or one of random weights.

        A label set that the parent does not know gets a new head.
        """
        torch.manual_seed(derive_seed(self.job.stream, "weights"))
        if self.job.files.parent is None:
            return self._modality.new_network(self.task)
        network = self._modality.load_network(self.job.files.parent)
        network.add_head(self.task, len(CLASSES[self.task]))
        return network

    def subsets(self) -> tuple[Subset, Subset]:
        """Return the training and validation samples: the stage's own and the replayed ones."""
        data = self.job.lineage.stage.data
        training = [self._part(part.dataset, "train", part.percent) for part in data]
        validation = [self._part(part.dataset, "validation") for part in data]
        if self.job.recipe.replay:
            rng = np.random.default_rng(derive_seed(self.job.stream, "replay"))
            fraction = self.job.recipe.weight("replay")
            for name in self.rehearsable():
                training.append(self._part(name, "train").fraction(fraction, rng))
                validation.append(self._part(name, "validation").fraction(fraction, rng))
        return self._modality.join(training), self._modality.join(validation)

    def observed(self) -> dict[str, tuple[str, Subset]]:
        """Return label set and validation samples of each data set that the lineage has seen.

        None for a model from random weights on one data set: it adapts nothing, and its history has what
        it reaches there. A data set without validation samples is left out.
        """
        if self.job.files.parent is None and len(self.job.lineage.stage.datasets) < 2:
            return {}
        found: dict[str, tuple[str, Subset]] = {}
        for name, task in self.job.params.tasks.items():
            if name in self.job.stores:
                part = self._part(name, "validation", task=task)
                if len(part):
                    found[name] = task, self._modality.join([part])
        return found

    def dropped(self) -> dict[str, int]:
        """Return how many faces of the stage's data sets were dropped as copies; empty if none was."""
        tables = [self.job.splits[name].table for name in self.job.lineage.stage.datasets]
        count = sum(int((table["subset"] == DROPPED).sum()) for table in tables)
        return {"dropped_faces": count} if count else {}

    def rehearsable(self) -> list[str]:
        """Return the earlier stages' data sets that carry labels of this stage's task."""
        return [
            name for name in self.job.lineage.earlier_datasets if self.job.params.tasks[name] == self.task
        ]

    def earlier_samples(self, count: int) -> Subset:
        """Return up to ``count`` training samples of the earlier stages, for the Fisher information."""
        parts = [self._part(name, "train") for name in self.rehearsable()]
        total = sum(map(len, parts))
        rng = np.random.default_rng(derive_seed(self.job.stream, "fisher"))
        return self._modality.join([part.fraction(min(1.0, count / total), rng) for part in parts])

    def _part(self, name: str, subset: str, percent: int = 100, task: str = "") -> Part:
        store = cast(FaceStore, self.job.stores[name])
        return self._modality.part(store, self.job.splits[name], task or self.task, subset, percent)


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
