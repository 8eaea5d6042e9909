"""Draw one figure of the memory study."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from engram.reporting.plots import save
from engram.runtime.job_spec import NamedFiles
from engram.studies.memory.collect import Evidence
from engram.studies.memory.figures import FIGURES
from engram.studies.memory.figures.by_transfer import FIGURES_BY_TRANSFER
from engram.studies.memory.jobs.evidence import EvidenceParams

__all__ = ["draw_figure", "write_figure"]


def draw_figure(inputs: NamedFiles, outputs: NamedFiles, params: EvidenceParams) -> None:
    """Draw the figure that the outputs' names say."""
    stem = Path(outputs.svg[0]).with_suffix("")
    write_figure(stem.name, Evidence.load(inputs, params), stem)


def write_figure(name: str, evidence: Evidence, stem: str | Path) -> None:
    """Write a figure such as ``integrity`` to ``stem.svg`` and ``stem.png``, atomically."""

    def draw() -> Figure:
        kind, *transfer = name.split("-")
        entry = FIGURES_BY_TRANSFER[kind] if transfer else FIGURES[kind]
        return entry.load(kind)(evidence, *transfer)

    save(draw, stem)
