"""The memory study's step that evaluates models: the engine of lineages on faces."""

from __future__ import annotations

from engram.runtime.job_spec import NamedFiles
from engram.studies.lineage.evaluation import evaluate_lineages
from engram.studies.lineage.jobs import EvaluationParams
from engram.studies.memory.modality import FaceModality

__all__ = ["evaluate_models"]


def evaluate_models(
    inputs: NamedFiles, outputs: NamedFiles, params: EvaluationParams, *, threads: int, code: str
) -> None:
    """Evaluate every model on a data set; see `engram.studies.lineage.evaluation.evaluate_lineages`."""
    evaluate_lineages(inputs, outputs, params, FaceModality(), threads=threads, code=code)
