"""The tables of levels, one file each: its numbers, its layout with notes, and its caption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engram.core.registry import find_modules

if TYPE_CHECKING:
    from engram.reporting.tables import Table
    from engram.studies.levels.collect import Evidence

__all__ = ["TABLES", "load_table"]

#: Every table by its name.
TABLES = find_modules(__name__, __file__)


def load_table(name: str) -> Table[Evidence]:
    """Return a table by its name."""
    return TABLES[name].load("TABLE")
