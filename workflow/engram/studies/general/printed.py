"""Printed figures of Vielzeuf, Lechervy, Pateux and Jurie (2019)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.reporting.published import read_published

__all__ = ["read_printed"]

#: The columns of each printed table, and how many of the first name a row.
_TABLES = {
    "detection": (("domain", "detected", "undetected"), 1),
    "knowledge": (("knowledge", "task", "domain", "domain_size", "role"), 1),
    "operators": (("knowledge", "Concat", "PCA", "AE", "BT", "BCT"), 1),
    "parameters": (("network", "parameters"), 1),
    "reconstruction": (("embedding", "PCA", "AE", "VAE", "DAE", "E_MT", "E_unique"), 1),
    "source": (("knowledge", "metric", "original", "E_G", "E_unique"), 1),
    "transfer": (("knowledge", "metric", "representation", "value", "note"), 3),
}


def read_printed(table: str) -> pd.DataFrame:
    """Return a printed table, such as ``transfer``; see `engram.reporting.published.read_published`."""
    return read_published(Path(__file__).with_name("published") / f"{table}.csv", *_TABLES[table])
