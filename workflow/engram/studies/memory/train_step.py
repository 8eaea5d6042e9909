"""The memory study's step that trains stages: the engine of lineages on faces and the VGG."""

from __future__ import annotations

from engram.runtime.job_spec import NamedFiles
from engram.studies.lineage.stages import train_lineages
from engram.studies.memory.jobs.stages import MemoryStageParams
from engram.studies.memory.modality import FaceModality

__all__ = ["train_stages"]


def train_stages(
    inputs: NamedFiles, outputs: NamedFiles, params: MemoryStageParams, *, threads: int, code: str
) -> None:
    """Train the stages of a job; see `engram.studies.lineage.stages.train_lineages`."""
    modality = FaceModality(params.network_arguments())
    train_lineages(inputs, outputs, params, modality, threads=threads, code=code)
