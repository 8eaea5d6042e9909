"""Draw one figure of the study of named entities."""

from __future__ import annotations

from pathlib import Path

from engram.reporting.plots import save
from engram.runtime.job_spec import NamedFiles
from engram.studies.entities.collect import Evidence
from engram.studies.entities.figures import FIGURES
from engram.studies.entities.jobs.evidence import EvidenceParams

__all__ = ["draw_entities_figure", "write_entities_figure"]


def draw_entities_figure(inputs: NamedFiles, outputs: NamedFiles, params: EvidenceParams) -> None:
    """Draw the figure that the outputs' names say."""
    stem = Path(outputs.svg[0]).with_suffix("")
    write_entities_figure(stem.name, Evidence.load(inputs, params), stem)


def write_entities_figure(name: str, evidence: Evidence, stem: str | Path) -> None:
    """Write a figure such as ``entities_effects`` to ``stem.svg`` and ``stem.png``, atomically."""
    save(lambda: FIGURES[name].load(name)(evidence), stem)
