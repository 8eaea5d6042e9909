"""Write the tables of the study of named entities."""

from __future__ import annotations

from pathlib import Path

from engram.runtime.job_spec import NamedFiles
from engram.studies.entities.collect import Evidence
from engram.studies.entities.jobs.evidence import EvidenceParams
from engram.studies.entities.tables import TABLES, load_table

__all__ = ["write_all_tables", "write_entities_tables"]


def write_entities_tables(inputs: NamedFiles, outputs: NamedFiles, params: EvidenceParams) -> None:
    """Write every table in all its forms beside ``outputs.pages``."""
    write_all_tables(Evidence.load(inputs, params), Path(outputs.pages[0]).parent)


def write_all_tables(evidence: Evidence, folder: Path) -> None:
    """Write every table in all its forms into a folder."""
    for name in TABLES:
        load_table(name).write(evidence, folder / name)
