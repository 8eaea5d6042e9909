"""Write the tables of the memory study."""

from __future__ import annotations

from pathlib import Path

from engram.runtime.job_spec import NamedFiles
from engram.studies.memory.collect import Evidence
from engram.studies.memory.jobs.evidence import EvidenceParams
from engram.studies.memory.tables import load_table

__all__ = ["write_tables"]


def write_tables(inputs: NamedFiles, outputs: NamedFiles, params: EvidenceParams) -> None:
    """Write every table in all its forms beside its page, one of ``outputs.pages``."""
    evidence = Evidence.load(inputs, params)
    for page in map(Path, outputs.pages):
        load_table(page.stem).write(evidence, page.with_suffix(""))
