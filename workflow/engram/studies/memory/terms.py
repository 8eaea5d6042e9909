"""What holds a stage to its parent: terms of its loss against forgetting."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from engram.core.errors import ConfigurationError
from engram.core.seeds import derive_seed
from engram.models.vgg import VGG
from engram.studies.memory.stage_samples import StageSamples
from engram.training.batches import plain_batches
from engram.training.losses.distillation import Distillation
from engram.training.losses.elastic import Elastic, fisher_information
from engram.training.losses.l2_sp import StartingPoint

__all__ = ["Terms"]


class Terms:
    """The terms of a stage's loss; its candidates share the Fisher information, which is computed once."""

    def __init__(self) -> None:
        self._fisher: dict[str, Tensor] | None = None

    def arguments(self, samples: StageSamples, network: VGG, start: int) -> dict[str, Any]:
        """Return those of `ClassificationTask` that a candidate's recipe asks for.

        Parameters
        ----------
        network
            At its starting point.
        start
            Depth of the layers whose outputs are the batches' inputs.

        Raises
        ------
        ConfigurationError
            If the stage has no parent, or none that learnt its label set.
        """
        job = samples.job
        recipe = job.recipe
        found: dict[str, Any] = {}
        if recipe.distillation:
            parent = cast(VGG, job.device.place(job.parent("distillation")))
            weight = recipe.weight("distillation")
            found["distillation"] = Distillation(parent, weight, recipe.temperature, start)
        if recipe.elastic:
            found["elastic"] = Elastic(network, self._information(samples, network), recipe.weight("elastic"))
        if recipe.l2_sp:
            job.parent("l2_sp")
            found["starting_point"] = StartingPoint(network, recipe.weight("l2_sp"))
        return found

    def _information(self, samples: StageSamples, network: VGG) -> dict[str, Tensor]:
        if self._fisher is None:
            self._fisher = _fisher(samples, network)
        return self._fisher


def _fisher(samples: StageSamples, network: VGG) -> dict[str, Tensor]:
    job = samples.job
    if job.files.parent is None:
        job.parent("elastic")
    if not samples.rehearsable():
        raise ConfigurationError(
            f"recipe '{job.lineage.stage.recipe}': no earlier stage of '{job.lineage}' learnt "
            f"'{samples.task}'. Use the recipe after a stage of the same task."
        )
    generator = torch.Generator().manual_seed(derive_seed(job.stream, "fisher labels"))
    earlier = plain_batches(samples.earlier_samples(job.recipe.fisher_samples))
    batches = ((job.device.send(inputs), labels) for inputs, labels in earlier)
    return fisher_information(network, samples.task, batches, generator)
