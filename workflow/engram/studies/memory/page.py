"""What the memory study gives to the results page."""

from __future__ import annotations

from pathlib import Path

from engram.core.paths import Layout
from engram.reporting.page_study import StudySource, page_files
from engram.studies.memory.figures import FIGURES
from engram.studies.memory.figures.by_transfer import FIGURES_BY_TRANSFER
from engram.studies.memory.jobs.evidence import CLAIMS, EvidenceParams, figure_names
from engram.studies.memory.origins import memory_origins
from engram.studies.memory.tables import TABLES, load_table

__all__ = ["memory_page_files", "memory_source"]


def memory_page_files(params: EvidenceParams, layout: Layout) -> dict[str, list[Path]]:
    """Return the study's files that the page reads, by what they hold."""
    return page_files(TABLES, figure_names(params), CLAIMS, layout)


def memory_source(params: EvidenceParams, layout: Layout) -> StudySource:
    """Return the study's tables, figures, claims and questions, and where its numbers come from."""
    captions = {**FIGURES, **FIGURES_BY_TRANSFER}
    return StudySource(
        name="memory",
        claims=CLAIMS,
        claims_file=Path(__file__).with_name("claims.yaml"),
        questions_file=Path(__file__).with_name("questions.yaml"),
        tables={name: entry.summary for name, entry in TABLES.items()},
        keys={name: load_table(name).keys for name in TABLES},
        figures={name: captions[name.partition("-")[0]].summary for name in figure_names(params)},
        origins=memory_origins(params, layout),
        words={name: dataset.title for name, dataset in params.datasets.items()},
    )
