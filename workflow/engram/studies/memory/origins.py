"""Which files a number of the memory study's tables and claims came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from engram.core.paths import Layout
from engram.studies.lineage.folds import folds_of, models_of
from engram.studies.lineage.origins import lineages_of_row
from engram.studies.memory.jobs.evidence import EvidenceParams

__all__ = ["memory_origins"]


def memory_origins(params: EvidenceParams, layout: Layout) -> Callable[[Mapping[str, Any]], list[Path]]:
    """Return a function from a row (column -> value) to its files: predictions, then records.

    A row of a model has the predictions on its data sets and the records of all seeds, also those of the
    baseline that it is compared with; one of an epoch has these records alone. A row of a data set has its
    record of detection and its split.
    """
    folds = folds_of(params.datasets)

    def origins(row: Mapping[str, Any]) -> list[Path]:
        chosen = lineages_of_row(row, params.memory)
        datasets = _datasets(row, params)
        if not chosen:
            return [file for name in datasets for file in (layout.faces_record(name), layout.split(name))]
        trained = [model for lineage in chosen for model in models_of(lineage, folds)]
        predictions = [] if "epoch" in row else [layout.predictions(name) for name in datasets]
        return predictions + [layout.model_record(*one) for one in product(trained, params.seeds)]

    return origins


def _datasets(row: Mapping[str, Any], params: EvidenceParams) -> list[str]:
    """Return the data sets that a row names, of a transfer only the one that was evaluated on."""
    role = row.get("evaluated_on")
    roles = ["dataset"] if "dataset" in row else [role] if role in row else ["source", "target"]
    named = [row.get(str(role)) for role in roles]
    return [name for name in dict.fromkeys(named) if name in params.datasets]
