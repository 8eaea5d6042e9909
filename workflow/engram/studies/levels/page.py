"""What the study of levels gives to the results page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engram.core.paths import Layout
from engram.reporting.page_study import StudySource, page_files
from engram.studies.levels.claims import CLAIMS_FILE
from engram.studies.levels.jobs import CLAIMS, LevelsParams
from engram.studies.levels.tables import TABLES, load_table

__all__ = ["levels_page_files", "levels_source"]


def levels_page_files(params: LevelsParams, layout: Layout) -> dict[str, list[Path]]:
    """Return the study's files that the page reads, by what they hold."""
    return page_files(TABLES, [], CLAIMS, layout)


def levels_source(params: LevelsParams, layout: Layout) -> StudySource:
    """Return the study's tables, claims and questions, and where its numbers come from."""

    def origins(row: Mapping[str, Any]) -> list[Path]:
        """Return the predictions on the row's data sets, of a comparison all, and its models' records."""
        mine = [domain for domain in params.domains if domain.domain == row.get("domain")]
        return [file for domain in mine for file in domain.origins(row, layout)]

    return StudySource(
        name="levels",
        claims=CLAIMS,
        claims_file=CLAIMS_FILE,
        questions_file=Path(__file__).with_name("questions.yaml"),
        tables={name: entry.summary for name, entry in TABLES.items()},
        keys={name: load_table(name).keys for name in TABLES},
        figures={},
        origins=origins,
        words={name: title for domain in params.domains for name, title in domain.titles.items()},
    )
