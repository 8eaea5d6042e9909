"""Accuracy on the validation subset of every data set that a lineage has seen, while a stage trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from engram.models.vgg import VGG
from engram.studies.memory.stage_samples import StageSamples
from engram.training.classification import ClassificationTask
from engram.training.loop import score

if TYPE_CHECKING:
    from engram.studies.memory.modality import FaceModality

__all__ = ["observer"]


def observer(
    samples: StageSamples, network: VGG, depth: int, scratch: Path
) -> Callable[[], dict[str, float]] | None:
    """Return what measures a network on each data set that its lineage has seen; None for a first one.

    It gives the accuracy, 0 to 1, by data set. A data set of other labels is measured by its own head.

    Parameters
    ----------
    depth
        How many layers are frozen: what these give for the samples is computed once, and kept in ``scratch``.
    """
    job, modality = samples.job, cast("FaceModality", samples.job.modality)
    measured = {}
    for name, (task, seen) in samples.observed().items():
        cache = scratch / f"observed-{name}.npy"
        batches = modality.validation(network, depth, seen, seed=job.stream, device=job.device, cache=cache)
        measured[name] = ClassificationTask(network, task, depth), batches
    if not measured:
        return None

    def observe() -> dict[str, float]:
        accuracy = {name: score(task, batches(), job.device)[0] for name, (task, batches) in measured.items()}
        return {name: float(value) for name, value in accuracy.items()}

    return observe
