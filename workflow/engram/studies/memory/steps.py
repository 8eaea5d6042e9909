"""The memory study's steps that run networks: the engine of lineages on faces and the VGG."""

from __future__ import annotations

from engram.runtime.job_spec import NamedFiles
from engram.studies.lineage.evaluation import evaluate_lineages
from engram.studies.lineage.jobs import EvaluationParams
from engram.studies.lineage.stages import train_lineages
from engram.studies.memory.jobs.stages import MemoryStageParams
from engram.studies.memory.modality import FaceModality

__all__ = ["evaluate_models", "train_stages"]


def train_stages(
    inputs: NamedFiles, outputs: NamedFiles, params: MemoryStageParams, *, threads: int, code: str
) -> None:
    """Train the stages of a job; see `engram.studies.lineage.stages.train_lineages`."""
    modality = FaceModality(params.network_arguments())
    train_lineages(inputs, outputs, params, modality, threads=threads, code=code)


def evaluate_models(
    inputs: NamedFiles, outputs: NamedFiles, params: EvaluationParams, *, threads: int, code: str
) -> None:
    """Evaluate every model on a data set; see `engram.studies.lineage.evaluation.evaluate_lineages`."""
    evaluate_lineages(inputs, outputs, params, FaceModality(), threads=threads, code=code)
