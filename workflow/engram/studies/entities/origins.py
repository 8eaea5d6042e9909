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
from engram.studies.lineage.origins import lineages_of_row

__all__ = ["entities_origins"]


def entities_origins(params: EvidenceParams, layout: Layout) -> Callable[[Mapping[str, Any]], list[Path]]:
    """Return a function from a row (column -> value) to its files: predictions, then records.

    A row of a model has the predictions on its texts and the records of all seeds, also those of the baseline
    that it is compared with; one of a text has its record and its sizes, one of two texts what they share.
    """
    mine, folds = layout.of_study("entities"), folds_of(params.texts)
    compared = pairs(params.entities.effects)

    def lineages(row: Mapping[str, Any]) -> list[Lineage]:
        if "budget" in row and "lineage" not in row:
            place = ("budget", "target", "partner")
            mine = [pair for pair in compared if all(getattr(pair, name) == row[name] for name in place)]
            return [model for pair in mine for model in (pair.alone, pair.joint)]
        return lineages_of_row(row, params.entities)

    def origins(row: Mapping[str, Any]) -> list[Path]:
        if "evaluated" in row:
            return [layout.text_overlap, *map(layout.text_record, (row["evaluated"], row["trained"]))]
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
    """Return the texts that a row names; of a transfer the one that was evaluated on, or where it is said
    what is forgotten both.
    """
    if "dataset" in row:
        return [row["dataset"]]
    if "budget" in row:
        return [row["target"]]
    role = row.get("evaluated_on")
    if role in row:
        return [row.get(role)]
    names = ("target", "source") if "forgetting" in row else ("target",)
    return [row.get(name) for name in names]
