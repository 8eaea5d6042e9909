"""Accuracy on the validation subset of every data set that a lineage has seen, while a stage trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engram.studies.lineage.protocols import Network
from engram.studies.lineage.stage_job import StageJob
from engram.training.classification import ClassificationTask
from engram.training.loop import score

__all__ = ["observer"]


def observer(
    job: StageJob, network: Network, depth: int, scratch: Path
) -> Callable[[], dict[str, float]] | None:
    """Return what measures a network on each data set that its lineage has seen; None for a first stage.

    It gives the accuracy, 0 to 1, by data set. A data set of other labels is measured by its own head.

    Parameters
    ----------
    depth
        How many layers are frozen: what these give for the samples is computed once, and kept in ``scratch``.
    """
    chosen = {"seed": job.stream, "device": job.device}
    measured = {}
    for name, (task, samples) in job.observed().items():
        cache = scratch / f"observed-{name}.npy"
        batches = job.modality.validation(network, depth, samples, cache=cache, **chosen)
        measured[name] = ClassificationTask(network, task, depth), batches
    if not measured:
        return None

    def observe() -> dict[str, float]:
        accuracy = {name: score(task, batches(), job.device)[0] for name, (task, batches) in measured.items()}
        return {name: float(value) for name, value in accuracy.items()}

    return observe
