"""Which models a row of a table or of the comparisons is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engram.core.lineage import Lineage
from engram.studies.lineage.trials import Trial, TrialSettings, sweep_points, trials

__all__ = ["lineages_of_row"]

#: The columns that say which trial a row is of, as far as it says.
_TRIAL = ("source", "target", "strategy", "fraction")
_POINT = ("learning_rate", "epochs")
#: A row with one of these compares a model with the baseline of its transfer.
_COMPARED = ("forgetting", "gain", "both_over_baseline")


def lineages_of_row(row: Mapping[str, Any], study: TrialSettings) -> list[Lineage]:
    """Return the lineages that a row (column -> value) is about: its own, or those of its trials.

    A comparison has those of both sides, a point of the sweep its own, and what is lost or won against the
    baseline has the baseline's too. Empty for a row that is about no model.
    """
    if "lineage" in row:
        return [Lineage.parse(str(row["lineage"]))]
    if "strategy" not in row and "left" not in row:
        return []
    known = trials(study)
    if set(_POINT) <= set(row):
        points = [point for point in sweep_points(study) if _agrees(point, row, _POINT)]
        found = [point.trial for point in points if _agrees(point.trial, row, _TRIAL)]
    else:
        found = [trial for trial in known if _agrees(trial, row, _TRIAL)]
    if "left" in row:
        found = [trial for trial in found if _label(trial) in (row["left"], row["right"])]
    if found and any(name in row for name in _COMPARED):
        first = study.strategies[0]
        found += [
            trial for trial in known if trial.strategy == first and _agrees(trial, row, ("source", "target"))
        ]
    return list(dict.fromkeys(trial.lineage for trial in found))


def _agrees(one: Any, row: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    """Return whether it has the row's values, as far as the row says."""
    return all(getattr(one, name) == row[name] for name in names if name in row and row[name] is not None)


def _label(trial: Trial) -> str:
    """Return what a comparison calls a trial."""
    return f"{trial.strategy} {trial.fraction} %" if trial.fraction else trial.strategy
