"""Which files a number of the memory study's tables and claims came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from engram.core.paths import Layout
from engram.studies.lineage.trials import Trial, trials
from engram.studies.memory.jobs.evidence import EvidenceParams

__all__ = ["memory_origins"]

#: The columns that say which trial a row is of, as far as it says.
_TRIAL = ("source", "target", "strategy", "fraction")


def memory_origins(params: EvidenceParams, layout: Layout) -> Callable[[Mapping[str, Any]], list[Path]]:
    """Return a function from a row (column -> value) to its files: predictions, then records.

    A row of a model has the predictions on its data sets and the model's records of all seeds; one of an
    epoch has these records alone. A row of a data set has its record of detection and its split.
    """
    known = trials(params.memory)

    def origins(row: Mapping[str, Any]) -> list[Path]:
        models = _models(row, known)
        datasets = _datasets(row, params)
        if not models:
            return [file for name in datasets for file in (layout.faces_record(name), layout.split(name))]
        predictions = [] if "epoch" in row else [layout.predictions(name) for name in datasets]
        return predictions + [layout.model_record(*one) for one in product(models, params.seeds)]

    return origins


def _models(row: Mapping[str, Any], known: list[Trial]) -> list[str]:
    """Return the lineages that a row is about: its own, or those of its trials."""
    if "lineage" in row:
        return [str(row["lineage"])]
    if "strategy" not in row and "left" not in row:
        return []
    wanted = {name: row[name] for name in _TRIAL if name in row and row[name] is not None}
    found = [one for one in known if all(getattr(one, name) == value for name, value in wanted.items())]
    if "left" in row:
        found = [one for one in found if _label(one) in (row["left"], row["right"])]
    return list(dict.fromkeys(str(one.lineage) for one in found))


def _label(trial: Trial) -> str:
    """Return what a comparison calls a trial."""
    return f"{trial.strategy} {trial.fraction} %" if trial.fraction else trial.strategy


def _datasets(row: Mapping[str, Any], params: EvidenceParams) -> list[str]:
    """Return the data sets that a row names, of a transfer only the one that was evaluated on."""
    role = row.get("evaluated_on")
    roles = ["dataset"] if "dataset" in row else [role] if role in row else ["source", "target"]
    named = [row.get(str(role)) for role in roles]
    return [name for name in dict.fromkeys(named) if name in params.datasets]
