"""The step that draws a figure of the general study, from what the jobs before left."""

from __future__ import annotations

from pathlib import Path

from engram.reporting.plots import save
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.figures import FIGURES
from engram.studies.general.jobs.report import FigureParams

__all__ = ["draw_figure", "write_general_figure"]


def draw_figure(inputs: NamedFiles, outputs: NamedFiles, params: FigureParams) -> None:
    """Draw one figure; see `engram.studies.general.jobs.report.figure_job`."""
    evidence = GeneralEvidence.from_inputs(params, inputs)
    write_general_figure(params.figure, evidence, Path(outputs.svg).with_suffix(""))


def write_general_figure(name: str, evidence: GeneralEvidence, stem: str | Path) -> None:
    """Write one of `FIGURES` to ``stem.svg`` and ``stem.png``, atomically."""
    draw = FIGURES[name].load(name)
    save(lambda: draw(evidence), stem)
