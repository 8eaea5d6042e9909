"""The entities study's step that evaluates models: the engine of lineages on text."""

from __future__ import annotations

from engram.runtime.job_spec import NamedFiles
from engram.studies.entities.jobs.stages import EntitiesEvaluationParams
from engram.studies.entities.modality import TextModality
from engram.studies.lineage.evaluation import evaluate_lineages

__all__ = ["evaluate_text_models"]


def evaluate_text_models(
    inputs: NamedFiles, outputs: NamedFiles, params: EntitiesEvaluationParams, *, threads: int, code: str
) -> None:
    """Evaluate models on a text; see `engram.studies.lineage.evaluation.evaluate_lineages`."""
    modality = TextModality(params.objectives)
    evaluate_lineages(inputs, outputs, params, modality, threads=threads, code=code)
