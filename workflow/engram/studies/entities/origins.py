"""Which files a number of the study's tables and claims came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.studies.entities.jobs.evidence import EvidenceParams, fact_file
from engram.studies.entities.pairs import pairs
from engram.studies.lineage.folds import folds_of, models_of
from engram.studies.lineage.trials import trials

__all__ = ["entities_origins"]

#: The columns that say which trial a row is of, as far as it says.
_TRIAL = ("source", "target", "strategy", "fraction")


def entities_origins(params: EvidenceParams, layout: Layout) -> Callable[[Mapping[str, Any]], list[Path]]:
    """Return a function from a row (column -> value) to its files: predictions, then records.

    A row of a model has the predictions on its texts and the model's records of all seeds; one of a text has
    its record and its sizes.
    """
    mine, folds = layout.of_study("entities"), folds_of(params.texts)
    known = trials(params.entities)
    compared = pairs(params.entities.effects)

    def lineages(row: Mapping[str, Any]) -> list[Lineage]:
        if "lineage" in row:
            return [Lineage.parse(str(row["lineage"]))]
        if "budget" in row:
            place = ("budget", "target", "partner")
            mine = [pair for pair in compared if all(getattr(pair, name) == row[name] for name in place)]
            return [model for pair in mine for model in (pair.alone, pair.joint)]
        wanted = {name: row[name] for name in _TRIAL if name in row and row[name] is not None}
        if "strategy" not in wanted:
            return []
        found = [one for one in known if all(getattr(one, name) == value for name, value in wanted.items())]
        return list(dict.fromkeys(one.lineage for one in found))

    def origins(row: Mapping[str, Any]) -> list[Path]:
        names = [name for name in _texts(row) if name in params.texts]
        chosen = lineages(row)
        if not chosen:
            return [
                file
                for name in names
                for file in (layout.text_record(name), fact_file(layout, name, "sizes"))
            ]
        models = [model for lineage in chosen for model in models_of(lineage, folds)]
        records = [mine.model_record(*one) for one in product(dict.fromkeys(models), params.seeds)]
        return [*(mine.predictions(name) for name in names), *records]

    return origins


def _texts(row: Mapping[str, Any]) -> list[Any]:
    """Return the texts that a row names; of a transfer the one that was evaluated on."""
    if "dataset" in row:
        return [row["dataset"]]
    if "budget" in row:
        return [row["target"]]
    role = row.get("evaluated_on")
    return [row.get(role)] if role in row else [row.get("target")]
