"""From a study's registries and files to what the results page shows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from engram.core.errors import ReportError
from engram.core.paths import Layout
from engram.core.reading import read_csv
from engram.reporting.claims import read_claims
from engram.reporting.page import PageFigure, PageStudy, embed_figure, read_layout
from engram.reporting.page_claims import page_claims
from engram.reporting.page_tables import Link, Origins, PageTable, page_table
from engram.reporting.questions import Questions, read_questions
from engram.reporting.tables import CLAIM_FORMS, FIGURE_FORMS, TABLE_FORMS

__all__ = ["StudySource", "build_study", "page_files", "read_numbers"]

_SUMMARY = (
    *("claim", "basis", "average", "everywhere", "decided", "comparisons", "in_direction", "tested"),
    *("effect", "low", "high", "unit", "margin", "n_subjects", "n_seeds", "number", "text"),
)
_COMPARISONS = ("claim", "basis", "left", "right", "left_value", "right_value", "difference", "low", "high")


@dataclass(frozen=True)
class StudySource:
    """What a study gives to the page."""

    name: str
    claims: str
    """Stem of the files of its checked claims."""
    claims_file: Path
    """What its paper claims."""
    tables: Mapping[str, str]
    """Its tables' names and captions."""
    keys: Mapping[str, Sequence[str]]
    """The columns that name a row of each table."""
    figures: Mapping[str, str]
    """Its figures' names and captions."""
    origins: Callable[[Mapping[str, Any]], Sequence[Path]]
    """From a row of a table or of the comparisons (column -> value) to the files that it came from."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What readers call the names in columns."""
    questions_file: Path | None = None
    """What it asks, if it says so; else the page lists claims, tables and figures."""


def page_files(
    tables: Iterable[str], figures: Iterable[str], claims: str, layout: Layout
) -> dict[str, list[Path]]:
    """Return the files of a study that the page reads, by what they hold."""
    summary, comparisons = (CLAIM_FORMS[form] for form in ("summary", "comparisons"))
    return {
        "tables": [layout.tables / f"{name}.{form}" for name in tables for form in ("csv", "md")],
        "claims": [layout.tables / f"{claims}{ending}" for ending in (summary, comparisons)],
        "figures": [layout.figures / f"{name}.{form}" for name in figures for form in FIGURE_FORMS],
    }


def build_study(source: StudySource, layout: Layout, evidence: Iterable[Path], root: Path) -> PageStudy:
    """Read a study's tables, claims and figures below ``layout`` for the page.

    Parameters
    ----------
    evidence
        The records and predictions that there are: numbers are linked to these and to no other file.
    root
        The folder below which they lie, which links begin at.

    Raises
    ------
    ReportError
        If a file is missing or damaged.
    ConfigurationError
        If its claims or questions cannot be read.
    """
    claims = read_claims(source.claims_file)
    asked = read_questions(source.questions_file) if source.questions_file else None
    summary, comparisons = (
        read_csv(
            layout.tables / f"{source.claims}{CLAIM_FORMS[form]}", ReportError, columns, dtype={"number": str}
        )
        for form, columns in (("summary", _SUMMARY), ("comparisons", _COMPARISONS))
    )
    origins = _linked(source, {*evidence}, root)
    return PageStudy(
        name=source.name,
        title=asked.title if asked else source.name,
        about=asked.about if asked else "",
        paper=claims.paper,
        questions=asked.questions if asked else [],
        claims=page_claims(summary, comparisons, origins, source.words),
        figures=[_figure(source, layout, name) for name in source.figures],
        tables=[_table(source, layout, name, origins) for name in _in_order(source, asked)],
    )


def read_numbers(path: Path, **how: Any) -> pd.DataFrame:
    """Return a table's numbers, names such as ``NA`` taken as they stand; ``how`` goes to `pandas.read_csv`.

    Raises
    ------
    ReportError
        If the file is missing or damaged.
    """
    return read_csv(path, ReportError, **{"keep_default_na": False, "na_values": [""], **how})


def _in_order(source: StudySource, asked: Questions | None) -> list[str]:
    """Return the tables, those that answer questions first."""
    first = [name for question in (asked.questions if asked else []) for name in question.tables]
    return list(dict.fromkeys([*first, *source.tables]))


def _linked(source: StudySource, evidence: set[Path], root: Path) -> Origins:
    """Return the study's origins as paths below the results, of those files that there are."""

    def origins(row: Mapping[str, Any]) -> list[str]:
        found = [path for path in source.origins(row) if path in evidence]
        return [path.relative_to(root).as_posix() for path in found]

    return origins


def _figure(source: StudySource, layout: Layout, name: str) -> PageFigure:
    links = [Link(form, f"figures/{name}.{form}") for form in FIGURE_FORMS]
    svg, png = (layout.figures / f"{name}.{form}" for form in ("svg", "png"))
    return embed_figure(name, source.figures[name], svg, png, links)


def _table(source: StudySource, layout: Layout, name: str, origins: Origins) -> PageTable:
    return page_table(
        name,
        source.tables[name],
        read_numbers(layout.tables / f"{name}.csv"),
        keys=source.keys.get(name, ()),
        origins=origins,
        words=source.words,
        files=[Link(form, f"tables/{name}.{form}") for form in TABLE_FORMS],
        layout=read_layout(layout.tables / f"{name}.md"),
    )
