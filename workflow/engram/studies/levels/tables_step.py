"""Write the tables of levels."""

from __future__ import annotations

from pathlib import Path

from engram.runtime.job_spec import NamedFiles
from engram.studies.levels.collect import Evidence
from engram.studies.levels.jobs import LevelsParams
from engram.studies.levels.tables import load_table

__all__ = ["write_tables"]


def write_tables(inputs: NamedFiles, outputs: NamedFiles, params: LevelsParams) -> None:
    """Write every table in all its forms beside its page, one of ``outputs.pages``."""
    evidence = Evidence(params, inputs)
    for page in map(Path, outputs.pages):
        load_table(page.stem).write(evidence, page.with_suffix(""))
