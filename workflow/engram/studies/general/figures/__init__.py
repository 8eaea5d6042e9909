"""The general study's figures, one file each, written as SVG and PNG."""

from __future__ import annotations

from pathlib import Path

from engram.reporting.plots import save
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.figures.embedding_map import embedding_map
from engram.studies.general.figures.groups import groups
from engram.studies.general.figures.retrieval import retrieval
from engram.studies.general.figures.selection import selection
from engram.studies.general.figures.size import size
from engram.studies.general.figures.training_time import training_time
from engram.studies.general.figures.transfer import transfer

__all__ = ["FIGURES", "write_general_figure"]

#: Every figure by its file's name, and what draws it.
FIGURES = {
    "general_groups": groups,
    "general_map": embedding_map,
    "general_retrieval": retrieval,
    "general_selection": selection,
    "general_size": size,
    "general_time": training_time,
    "general_transfer": transfer,
}


def write_general_figure(name: str, evidence: GeneralEvidence, stem: str | Path) -> None:
    """Write one of `FIGURES` to ``stem.svg`` and ``stem.png``, atomically."""
    save(lambda: FIGURES[name](evidence), stem)
