"""Entries and orders that several of the study's tables share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from engram.reporting.cells import EMPTY
from engram.reporting.tables import Cell
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import titles
from engram.studies.lineage.trials import Trial

__all__ = ["TRIAL", "across", "arrow", "of_trial", "targets_of", "trial_key"]

#: The columns that name a trial.
TRIAL = ("source", "target", "strategy", "fraction")


def trial_key(trial: Trial) -> tuple[Any, ...]:
    """Return what names a trial, in the order of `TRIAL`."""
    return tuple(getattr(trial, name) for name in TRIAL)


def of_trial(trial: Trial) -> dict[str, Any]:
    """Return the columns that name a trial."""
    return dict(zip(TRIAL, trial_key(trial), strict=True))


def arrow(source: str, target: str, evidence: Evidence) -> str:
    """Return what a transfer is called."""
    names = titles(evidence)
    return f"{names[source]} → {names[target]}"


def targets_of(frame: pd.DataFrame) -> list[str]:
    """Return the targets of a table, in its order."""
    return list(dict.fromkeys(frame["target"]))


def across(
    rows: Iterable[Any], columns: Iterable[Any], entry: Callable[[Any, Any], Cell | None]
) -> list[list[Cell]]:
    """Return a row of entries for each of ``rows``; a dash where there is none."""
    places = list(columns)
    return [[entry(row, column) or EMPTY for column in places] for row in rows]
