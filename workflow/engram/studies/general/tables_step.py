"""The step that writes the general study's tables, from what the jobs before left."""

from __future__ import annotations

from pathlib import Path

from engram.runtime.job_spec import NamedFiles
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.jobs.report import TablesParams
from engram.studies.general.tables import TABLES

__all__ = ["write_general_tables", "write_tables"]


def write_tables(inputs: NamedFiles, outputs: NamedFiles, params: TablesParams) -> None:
    """Write every table; see `engram.studies.general.jobs.report.tables_job`."""
    write_general_tables(GeneralEvidence.from_inputs(params, inputs), Path(outputs.csv[0]).parent)


def write_general_tables(evidence: GeneralEvidence, folder: Path) -> None:
    """Write every table into a folder, in all of its forms, atomically."""
    for name, table in TABLES.items():
        table.load("TABLE").write(evidence, folder / name)
