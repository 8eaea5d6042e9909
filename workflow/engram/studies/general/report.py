"""The last steps of the general study: its tables, claims and figures, from what the jobs before left."""

from __future__ import annotations

from pathlib import Path

from engram.reporting.plots import save
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.claims import write_general_claims
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.figures import FIGURES
from engram.studies.general.jobs.report import ClaimsParams, FigureParams, TablesParams
from engram.studies.general.tables import TABLES

__all__ = ["draw_figure", "judge_claims", "write_general_figure", "write_general_tables", "write_tables"]


def write_tables(inputs: NamedFiles, outputs: NamedFiles, params: TablesParams) -> None:
    """Write every table; see `engram.studies.general.jobs.report.tables_job`."""
    write_general_tables(GeneralEvidence.from_inputs(params, inputs), Path(outputs.csv[0]).parent)


def judge_claims(inputs: NamedFiles, outputs: NamedFiles, params: ClaimsParams) -> None:
    """Judge the claims and write them; see `engram.studies.general.jobs.report.claims_job`."""
    write_general_claims(GeneralEvidence.from_inputs(params, inputs), Path(outputs.page).parent)


def draw_figure(inputs: NamedFiles, outputs: NamedFiles, params: FigureParams) -> None:
    """Draw one figure; see `engram.studies.general.jobs.report.figure_job`."""
    evidence = GeneralEvidence.from_inputs(params, inputs)
    write_general_figure(params.figure, evidence, Path(outputs.svg).with_suffix(""))


def write_general_tables(evidence: GeneralEvidence, folder: Path) -> None:
    """Write every table into a folder, in all of its forms, atomically."""
    for name, table in TABLES.items():
        table.load("TABLE").write(evidence, folder / name)


def write_general_figure(name: str, evidence: GeneralEvidence, stem: str | Path) -> None:
    """Write one of `FIGURES` to ``stem.svg`` and ``stem.png``, atomically."""
    draw = FIGURES[name].load(name)
    save(lambda: draw(evidence), stem)
