"""The entities study's step that trains stages: the engine of lineages on text and taggers."""

from __future__ import annotations

from engram.runtime.job_spec import NamedFiles
from engram.studies.entities.jobs.stages import EntitiesStageParams
from engram.studies.entities.modality import TextModality
from engram.studies.lineage.stages import train_lineages

__all__ = ["train_text_stages"]


def train_text_stages(
    inputs: NamedFiles, outputs: NamedFiles, params: EntitiesStageParams, *, threads: int, code: str
) -> None:
    """Train the stages of a job; see `engram.studies.lineage.stages.train_lineages`."""
    train_lineages(inputs, outputs, params, TextModality(), threads=threads, code=code)
