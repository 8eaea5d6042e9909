"""The memory study's figures, one file each, written as SVG and PNG."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from engram.reporting.plots import save
from engram.studies.memory.collect import Evidence
from engram.studies.memory.figures.confusion import confusion
from engram.studies.memory.figures.forgetting_gain import forgetting_gain
from engram.studies.memory.figures.integrity import integrity
from engram.studies.memory.figures.learning_curves import learning_curves
from engram.studies.memory.figures.mistakes import mistakes

__all__ = ["BY_TRANSFER", "OF_STUDY", "write_figure"]

#: Figures of the whole study by name, and what draws them.
OF_STUDY = {"forgetting_gain": forgetting_gain, "integrity": integrity}
#: Figures of one transfer by kind, and what draws them.
BY_TRANSFER = {"confusion": confusion, "learning_curves": learning_curves, "mistakes": mistakes}


def write_figure(name: str, evidence: Evidence, stem: str | Path) -> None:
    """Write one of `engram.reporting.contents.figure_names` to ``stem.svg`` and ``stem.png``, atomically."""

    def draw() -> Figure:
        kind, *transfer = name.split("-")
        return BY_TRANSFER[kind](evidence, *transfer) if transfer else OF_STUDY[kind](evidence)

    save(draw, stem)
