"""What the general study gives to the results page."""

from __future__ import annotations

from pathlib import Path

from engram.core.paths import Layout
from engram.reporting.page_study import StudySource, page_files
from engram.studies.general.evidence.headings import RECONSTRUCTION
from engram.studies.general.evidence.origins import general_origins
from engram.studies.general.figures import FIGURES
from engram.studies.general.jobs.report import CLAIMS, ReportParams, general_figure_names
from engram.studies.general.methods import HEADINGS
from engram.studies.general.tables import TABLES
from engram.studies.general.task_plan import general_tasks

__all__ = ["general_page_files", "general_source"]


def general_page_files(params: ReportParams, layout: Layout) -> dict[str, list[Path]]:
    """Return the study's files that the page reads, by what they hold."""
    return page_files(TABLES, general_figure_names(params), CLAIMS, layout)


def general_source(params: ReportParams, layout: Layout) -> StudySource:
    """Return the study's tables, figures, claims and questions, and where its numbers come from."""
    tasks = {item.name: item.title for item in general_tasks(params.general)}
    datasets = {name: dataset.title for name, dataset in params.datasets.items()}
    return StudySource(
        name="general",
        claims=CLAIMS,
        claims_file=Path(__file__).with_name("claims.yaml"),
        questions_file=Path(__file__).with_name("questions.yaml"),
        tables={name: entry.summary for name, entry in TABLES.items()},
        keys={name: entry.load("TABLE").keys for name, entry in TABLES.items()},
        figures={name: FIGURES[name].summary for name in general_figure_names(params)},
        origins=general_origins(params, layout),
        words=RECONSTRUCTION | HEADINGS | datasets | tasks,
    )
