"""What the study of named entities gives to the results page."""

from __future__ import annotations

from pathlib import Path

from engram.core.paths import Layout
from engram.reporting.page_study import StudySource, page_files
from engram.studies.entities.figures import FIGURES
from engram.studies.entities.jobs.evidence import CLAIMS, STUDY, EvidenceParams, entities_figure_names
from engram.studies.entities.origins import entities_origins
from engram.studies.entities.tables import TABLES, load_table

__all__ = ["entities_page_files", "entities_source"]


def entities_page_files(params: EvidenceParams, layout: Layout) -> dict[str, list[Path]]:
    """Return the study's files that the page reads, by what they hold."""
    return page_files(TABLES, entities_figure_names(params), CLAIMS, layout)


def entities_source(params: EvidenceParams, layout: Layout) -> StudySource:
    """Return the study's tables, figures, claims and questions, and where its numbers come from."""
    return StudySource(
        name=STUDY,
        claims=CLAIMS,
        claims_file=Path(__file__).with_name("claims.yaml"),
        questions_file=Path(__file__).with_name("questions.yaml"),
        tables={name: entry.summary for name, entry in TABLES.items()},
        keys={name: load_table(name).keys for name in TABLES},
        figures={name: FIGURES[name].summary for name in entities_figure_names(params)},
        origins=entities_origins(params, layout),
        words={name: text.title for name, text in params.texts.items()},
    )
