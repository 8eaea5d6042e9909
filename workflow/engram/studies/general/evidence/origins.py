"""Which files a number of the general study's tables and claims came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engram.core.paths import GENERAL_CROP, Layout
from engram.studies.general.evidence.headings import RECONSTRUCTION
from engram.studies.general.jobs.report import ReportParams
from engram.studies.general.methods import HEADINGS, SELECTED, STUDENTS
from engram.studies.general.plan import GeneralTask, general_tasks, prediction_folders

__all__ = ["general_origins"]

_SOLVED = ("predictions.parquet", "record.json")
_SEARCHED = ("scores.parquet", "predictions.parquet", "record.json")
_REBUILT = ("reconstruction.parquet", "record.json")


def general_origins(params: ReportParams, layout: Layout) -> Callable[[Mapping[str, Any]], list[Path]]:
    """Return a function from a row (column -> value) to its files: predictions, then records."""
    tasks = {item.name: item for item in general_tasks(params.general)}
    titles = {item.title: item for item in tasks.values()} | tasks

    def origins(row: Mapping[str, Any]) -> list[Path]:
        item = titles.get(row.get("knowledge", ""))
        methods = _methods(row)
        if item is not None and methods:
            folders = dict.fromkeys(_solved(params, layout, item, method) for method in methods)
            return [folder / name for folder in folders for name in _SOLVED]
        if "operator" in row or methods:
            operators = [row["operator"]] if "operator" in row else methods
            return _fitted(params, layout, operators)
        if "method" in row:
            names = [item.name] if item else [*params.general.targets]
            return [layout.selection(name) / file for name in names for file in _SEARCHED]
        return _data(row, params, layout)

    return origins


def _methods(row: Mapping[str, Any]) -> list[str]:
    """Return the methods, operators or students that a row is about."""
    if "approach" in row:
        return [row["approach"]]
    if "left" not in row:
        return []
    names = {heading: name for name, heading in [*RECONSTRUCTION.items(), *HEADINGS.items()]}
    return [names[side] for side in (row["left"], row["right"]) if side in names]


def _solved(params: ReportParams, layout: Layout, item: GeneralTask, method: str) -> Path:
    """Return the folder in which a method's predictions on a task lie."""
    if method in SELECTED:
        return layout.selection(item.name)
    folder = method if method in prediction_folders(params.general, item) else "frozen"
    return layout.transfer(item.name, folder)


def _fitted(params: ReportParams, layout: Layout, operators: Sequence[str]) -> list[Path]:
    """Return what tells how well operators and students reconstruct the source embeddings."""
    return [
        (layout.student(name, seed) if name in STUDENTS else layout.fusion(name, seed)) / file
        for name in operators
        for file in _REBUILT
        for seed in params.seeds
    ]


def _data(row: Mapping[str, Any], params: ReportParams, layout: Layout) -> list[Path]:
    """Return what tells of a row's data set and encoder."""
    dataset, encoder = row.get("dataset"), row.get("encoder")
    found = [layout.encoder(encoder) / "record.json"] if encoder in params.general.encoders else []
    if dataset in params.datasets:
        found += [layout.faces_record(dataset, GENERAL_CROP), layout.split(dataset)]
    return found
