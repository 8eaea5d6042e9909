"""Which files a number of the general study's tables and claims came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engram.core.paths import GENERAL_CROP, Layout
from engram.studies.general.evidence.headings import RECONSTRUCTION
from engram.studies.general.evidence.sizes import method_of, operators_by_size
from engram.studies.general.jobs.report import ReportParams, extracted_shards
from engram.studies.general.methods import HEADINGS, METHODS, SELECTED, STUDENTS
from engram.studies.general.plan import prediction_folders
from engram.studies.general.task_plan import GeneralTask, general_tasks

__all__ = ["general_origins"]

_SOLVED = ("predictions.parquet", "record.json")
_SEARCHED = ("scores.parquet", "predictions.parquet", "record.json")
#: In whose place the random embeddings stand, with which reconstruction is compared.
_REFERENCE = "concat"
_REBUILT = ("reconstruction.parquet", "record.json")


def general_origins(params: ReportParams, layout: Layout) -> Callable[[Mapping[str, Any]], list[Path]]:
    """Return a function from a row (column -> value) to its files: predictions, then records."""
    tasks = {item.name: item for item in general_tasks(params.general)}
    titles = {item.title: item for item in tasks.values()} | tasks

    def origins(row: Mapping[str, Any]) -> list[Path]:
        item = titles.get(row.get("task", ""))
        methods = _methods(row)
        if item is not None and methods:
            folders = dict.fromkeys(_solved(params, layout, item, method) for method in methods)
            return [folder / name for folder in folders for name in _SOLVED]
        if "learnt" in row:
            return [layout.general_overlap, *map(layout.split, (row["learnt"], row["tested"]))]
        if "left" in row and not methods:
            return _sizes_compared(params, layout, item)
        if "total_twice" in row or "row" in row:
            files = [file for method in _timed(row, params) for file in _whole(params, layout, method)]
            return files + (_extractions(params, layout) if "total_twice" in row else [])
        if "operator" in row or methods:
            operators = [row["operator"]] if "operator" in row else methods
            return _fitted(params, layout, operators)
        if "selector" in row:
            names = [item.name] if item else [*params.general.targets]
            return [layout.selection(name) / file for name in names for file in _SEARCHED]
        return _data(row, params, layout)

    return origins


def _methods(row: Mapping[str, Any]) -> list[str]:
    """Return the methods, operators or students that a row is about."""
    if "method" in row:
        return [row["method"]]
    if "left" not in row:
        return []
    names = {heading: name for name, heading in [*RECONSTRUCTION.items(), *HEADINGS.items()]}
    return [names[side] for side in (row["left"], row["right"]) if side in names]


def _sizes_compared(params: ReportParams, layout: Layout, item: GeneralTask | None) -> list[Path]:
    """Return what a comparison of sizes of h_G is of: heads on one task, or on all, with what was fitted."""
    if item is not None:
        return [_solved(params, layout, item, "h_g") / name for name in _SOLVED]
    sizes = operators_by_size(params.general)
    return [file for name in sizes for file in _whole(params, layout, method_of(name))]


def _timed(row: Mapping[str, Any], params: ReportParams) -> list[str]:
    """Return the methods of a row of times or of sizes of h_G: its own; of their correlation, all."""
    if "method" in row:
        return [row["method"]]
    sizes = [*operators_by_size(params.general)]
    return [method_of(name) for name in ([row["row"]] if row["row"] in sizes else sizes)]


def _whole(params: ReportParams, layout: Layout, method: str) -> list[Path]:
    """Return what tells of a method as a whole: its operators and students, and every target."""
    targets = [item for item in general_tasks(params.general) if item.role == "target"]
    folders = [_solved(params, layout, item, method) for item in targets]
    return [folder / name for folder in folders for name in _SOLVED] + _fitted(params, layout, [method])


def _solved(params: ReportParams, layout: Layout, item: GeneralTask, method: str) -> Path:
    """Return the folder in which a method's predictions on a task lie."""
    if method in SELECTED:
        return layout.selection(item.name)
    folder = method if method in prediction_folders(params.general, item) else "frozen"
    return layout.transfer(item.name, folder)


def _fitted(params: ReportParams, layout: Layout, operators: Sequence[str]) -> list[Path]:
    """Return what tells how well operators and students reconstruct the source embeddings."""
    fitted = [one for name in operators for one in _operators(name)]
    return [
        (layout.student(name, seed) if name in STUDENTS else layout.fusion(name, seed)) / file
        for name in dict.fromkeys(fitted)
        for file in _REBUILT
        for seed in params.seeds
    ]


def _extractions(params: ReportParams, layout: Layout) -> list[Path]:
    """Return the records of embedding faces by the source encoders, whose times count for many methods."""
    return [
        layout.embeddings(dataset, encoder) / f"shard-{shard}.json"
        for dataset, encoder, shard in extracted_shards(params)
    ]


def _operators(name: str) -> list[str]:
    """Return the operators and students behind a method, or behind a name of `RECONSTRUCTION`."""
    if name == "random":
        return [_REFERENCE]
    method = METHODS.get(name)
    if method is None or name in RECONSTRUCTION:
        return [name]
    return [*method.operators, *([method.student.kind] if method.student else [])]


def _data(row: Mapping[str, Any], params: ReportParams, layout: Layout) -> list[Path]:
    """Return what tells of a row's data set and encoder."""
    dataset, encoder = row.get("dataset"), row.get("encoder")
    found = [layout.encoder(encoder) / "record.json"] if encoder in params.general.encoders else []
    if dataset in params.datasets:
        found += [layout.faces_record(dataset, GENERAL_CROP), layout.split(dataset)]
    return found
