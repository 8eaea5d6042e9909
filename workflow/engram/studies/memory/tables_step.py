"""Write the tables of the memory study."""

from __future__ import annotations

from pathlib import Path

from engram.runtime.job_spec import NamedFiles
from engram.studies.memory.collect import Evidence
from engram.studies.memory.jobs.evidence import EvidenceParams
from engram.studies.memory.tables import TABLES, load_table

__all__ = ["write_all_tables", "write_tables"]


def write_tables(inputs: NamedFiles, outputs: NamedFiles, params: EvidenceParams) -> None:
    """Write every table in all its forms beside ``outputs.pages``."""
    write_all_tables(Evidence.load(inputs, params), Path(outputs.pages[0]).parent)


def write_all_tables(evidence: Evidence, folder: Path) -> None:
    """Write every table in all its forms into a folder."""
    for name in TABLES:
        load_table(name).write(evidence, folder / name)
