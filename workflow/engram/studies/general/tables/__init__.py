"""The tables of the general study, one a file: the file's name is the table's name.

A table's module defines ``TABLE``; see `engram.reporting.tables.Table`.
"""

from __future__ import annotations

from engram.core.registry import find_modules

__all__ = ["TABLES"]

#: Every table by its name.
TABLES = find_modules(__name__, __file__)
