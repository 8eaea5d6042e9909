"""Write the tables of levels."""

from __future__ import annotations

from pathlib import Path

from engram.runtime.job_spec import NamedFiles
from engram.studies.levels.collect import Evidence
from engram.studies.levels.jobs import LevelsParams
from engram.studies.levels.tables import TABLES, load_table

__all__ = ["write_all_tables", "write_tables"]


def write_tables(inputs: NamedFiles, outputs: NamedFiles, params: LevelsParams) -> None:
    """Write every table in all its forms beside ``outputs.pages``."""
    write_all_tables(Evidence(params, inputs), Path(outputs.pages[0]).parent)


def write_all_tables(evidence: Evidence, folder: Path) -> None:
    """Write every table in all its forms into a folder."""
    for name in TABLES:
        load_table(name).write(evidence, folder / name)
