"""How a stage of the memory study trains: one label set, cross-entropy, and terms against forgetting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from engram.config import RecipeSettings
from engram.studies.lineage.learning import Learning
from engram.studies.lineage.stage_job import StageJob
from engram.studies.memory.observer import observer
from engram.studies.memory.stage_samples import StageSamples
from engram.studies.memory.terms import Terms
from engram.training.classification import ClassificationTask

if TYPE_CHECKING:
    from engram.studies.memory.modality import FaceModality

__all__ = ["FaceLearner"]


class FaceLearner:
    """Prepares a stage; its candidates share the Fisher information. A `lineage.protocols.Learner`."""

    def __init__(self) -> None:
        self._terms = Terms()

    def prepare(self, job: StageJob, scratch: Path) -> Learning:
        """Return the network at its start, its task and its batches."""
        recipe, device, samples = cast(RecipeSettings, job.recipe), job.device, StageSamples(job)
        modality = cast("FaceModality", job.modality)
        network = samples.network()
        training, validation = samples.subsets()
        depth = network.frozen_depth(recipe.layers)
        network.freeze(depth)
        device.place(network)
        # Where features are not cached, an epoch begins with the faces, though their layers are frozen.
        start = depth if recipe.caches_features else 0
        terms = self._terms.arguments(samples, network, start)
        task = ClassificationTask(network, samples.task, start, **terms)
        batches = modality.batches(
            network,
            start,
            training,
            validation,
            recipe,
            seed=job.stream,
            device=device,
            scratch=scratch,
        )
        return Learning(
            network=network,
            task=task,
            batches=batches.training,
            validation=batches.validation,
            observe=observer(samples, network, depth, scratch),
            sizes={"training_faces": len(training), "validation_faces": len(validation), **samples.dropped()},
            observed={name: len(part) for name, (_, part) in samples.observed().items()},
        )
