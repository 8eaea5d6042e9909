"""A job as tracking shows it: its record, and the scores of its predictions. Knows no MLflow and no settings.

A run is named by the folder of its record, such as ``results/models/seed1/wild.base/studio.head``, and
hangs below the run of the model that the job started from.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from engram.core.files import file_hash, text_hash
from engram.core.records import Record, read_record
from engram.publishing.run_scores import model_scores, task_scores
from engram.runtime.job_spec import NamedFiles

__all__ = ["Run", "describe_run", "describe_runs", "run_name"]

_RECORD = "record.json"


@dataclass(frozen=True)
class Run:
    """One job as tracking shows it."""

    name: str
    """Its record's folder."""
    params: dict[str, str]
    metrics: dict[str, float]
    """Final values."""
    tags: dict[str, str]
    curves: list[dict[str, float]] = field(default_factory=list)
    """One entry an epoch; its ``epoch`` is the step of the others."""
    parent: str | None = None
    """Name of the run that made the model which this job started from."""
    ended: float = 0.0
    """When its record was written, in seconds since 1970."""
    seconds: float = 0.0
    """How long the job took."""

    @cached_property
    def content(self) -> str:
        """SHA-256 over all that the run says, but its times."""
        said = {name: value for name, value in asdict(self).items() if name not in ("ended", "seconds")}
        return text_hash(json.dumps(said, sort_keys=True))


def describe_runs(inputs: NamedFiles, results: str | Path) -> list[Run]:
    """Return a run for every record, parents before their children.

    Parameters
    ----------
    inputs
        Those of `engram.publishing.inputs.track_inputs`.

    Raises
    ------
    EngramError
        If a record or predictions cannot be read.
    """
    exported = [path for path in map(Path, inputs.exported) if path.name == _RECORD]
    paths = [*map(Path, inputs.records), *exported]
    records = {run_name(path): (path, read_record(path)) for path in paths}
    scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for path, record in records.values():
        if record.kind == "evaluation":
            for model, found in model_scores(path, record.name).items():
                scores[run_name(model)] |= found
        if record.kind in ("transfer", "selection"):
            scores[run_name(path)] |= task_scores(path, record.settings["task"])
    parents = {name: _parent(name, record, results, {*records}) for name, (_, record) in records.items()}
    runs = []
    for name in sorted(records, key=lambda name: _depth(name, parents)):
        path, record = records[name]
        runs.append(describe_run(record, path, results, scores[name], parents[name]))
    return runs


def run_name(path: Path) -> str:
    """Return the name of the run whose record is the file ``path``."""
    return path.parent.as_posix()


def describe_run(
    record: Record,
    path: Path,
    results: str | Path,
    measured: Mapping[str, float] | None = None,
    parent: str | None = None,
) -> Run:
    """Return the run of the record at ``path``, with the scores of its predictions as ``measured``."""
    tags = {"kind": record.kind, "name": record.name, "dataset": "+".join(sorted(record.data))}
    tags |= {"code": record.code, "record": file_hash(path), "results": str(results)}
    if record.seed is not None:
        tags["seed"] = str(record.seed)
    metrics = {**record.metrics, **(measured or {})}
    metrics |= {f"seconds/{part}": seconds for part, seconds in record.timings.items()}
    return Run(
        name=run_name(path),
        params=_flatten_record(record),
        metrics={name: float(value) for name, value in sorted(metrics.items())},
        tags=tags,
        curves=[*_curves(record.history), *_observed(record.curves)],
        parent=parent,
        ended=path.stat().st_mtime,
        seconds=sum(record.timings.values()),
    )


def _parent(name: str, record: Record, results: str | Path, known: set[str]) -> str | None:
    """Return the run that made what a job started from.

    Of a stage it is that of the folder around, as lineages are laid out; of others, that of a model they
    read.
    """
    if record.kind == "training":
        around = str(Path(name).parent)
        return around if around in known else None
    read = [str(Path(results, file).parent) for file in record.inputs if file.endswith(".safetensors")]
    return next((folder for folder in read if folder in known), None)


def _depth(name: str, parents: Mapping[str, str | None]) -> int:
    parent = parents[name]
    return 0 if parent is None else 1 + _depth(parent, parents)


def _flatten_record(record: Record) -> dict[str, str]:
    """Return a record's settings, versions and hashes, nested names joined by dots."""
    # An evaluation's list of models is as long as the study; its runs have a count of them.
    chosen = {key: value for key, value in record.settings.items() if key != "models"}
    parts = {**chosen, "environment": record.environment, "data": record.data, "split": record.splits}
    parts |= {"fold": record.folds} if record.folds else {}
    return dict(_flatten(parts)) | ({"parent_model": record.parent} if record.parent else {})


def _flatten(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return
    for key, inner in sorted(value.items()):
        yield from _flatten(inner, f"{name}.{key}" if name else key)


def _observed(curves: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return one entry an epoch with the score on each observed data set's validation subset."""
    return [
        {name if name == "epoch" else f"validation/{name}": value for name, value in entry.items()}
        for entry in curves
    ]


def _curves(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return one entry an epoch. A job of several networks has a curve a seed, the mean over folds."""
    if not history or "seed" not in history[0]:
        return history
    frame = pd.DataFrame(history).drop(columns="fold", errors="ignore")
    curves: dict[float, dict[str, float]] = {}
    for (epoch, seed), row in frame.groupby(["epoch", "seed"]).mean().iterrows():
        point = curves.setdefault(epoch, {"epoch": float(epoch)})
        point |= {f"{name}/seed{seed:.0f}": float(value) for name, value in row.dropna().items()}
    return [*curves.values()]
