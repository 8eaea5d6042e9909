"""Which stored faces are published: those that published figures show, and no other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from engram.config import Settings
from engram.core.paths import GENERAL_CROP, MEMORY_CROP, Layout
from engram.reporting.shown_faces import SHOWN, open_faces, write_shown_faces
from engram.studies.general.evidence.collect import collect_general
from engram.studies.general.figures.general_retrieval import shown_rows as retrieved_rows
from engram.studies.general.jobs.report import general_figure_names
from engram.studies.memory.collect import collect
from engram.studies.memory.figures.by_transfer.mistakes import shown_rows as mistaken_rows
from engram.studies.memory.jobs.evidence import figure_names

__all__ = ["write_published_faces"]


def write_published_faces(settings: Settings, results: Path, folder: Path) -> Iterator[str]:
    """Write the faces that figures show below ``folder``; give each file's name, relative to it.

    A data set of which no figure shows a face has no such file; where a licence does not allow
    its faces to be shown, no figure does.

    Raises
    ------
    DataMissingError
        If stored faces, predictions or neighbours are missing.
    """
    layout = Layout(results)
    for (dataset, crop), rows in sorted(_rows(settings, layout).items()):
        source = layout.faces(dataset, crop)
        name = (source / SHOWN).relative_to(results)
        write_shown_faces(folder / name, open_faces(layout, source), rows)
        yield name.as_posix()


def _rows(settings: Settings, layout: Layout) -> dict[tuple[str, str], set[int]]:
    """Return (data set, crop) -> the rows of the faces that some figure shows."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    evidence = collect(settings, layout.root)
    for name in figure_names(settings):
        kind, *transfer = name.split("-")
        if kind == "mistakes":
            for dataset, rows in mistaken_rows(evidence, *transfer).items():
                found[dataset, MEMORY_CROP] |= rows
    if "general_retrieval" in general_figure_names(settings):
        general = collect_general(settings, layout.root)
        for dataset, rows in retrieved_rows(general).items():
            found[dataset, GENERAL_CROP] |= rows
    return {place: rows for place, rows in found.items() if rows}
