"""The files of a study's tables, checked claims and figures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engram.core.paths import Layout
from engram.reporting.tables import CLAIM_FORMS, FIGURE_FORMS, TABLE_FORMS

__all__ = ["claim_files", "figure_files", "pages_apart", "table_files"]


def table_files(layout: Layout, names: Iterable[str]) -> list[Path]:
    """Return the files of tables in all their forms."""
    return [layout.tables / f"{name}.{form}" for name in names for form in TABLE_FORMS]


def claim_files(layout: Layout, stem: str) -> list[Path]:
    """Return the files of a study's checked claims, whose names begin with ``stem``."""
    return [layout.tables / f"{stem}{ending}" for ending in CLAIM_FORMS.values()]


def figure_files(layout: Layout, names: Iterable[str]) -> list[Path]:
    """Return the files of figures in all their forms."""
    return [layout.figures / f"{name}.{form}" for name in names for form in FIGURE_FORMS]


def pages_apart(name: str, files: Iterable[Path]) -> dict[str, list[Path]]:
    """Return the pages for the report under ``name``, and the other files as ``files``."""
    made = list(files)
    return {
        name: [file for file in made if file.suffix == ".html"],
        "files": [file for file in made if file.suffix != ".html"],
    }
