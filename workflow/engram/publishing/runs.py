"""A job as tracking shows it: its record, what it is about, and the metrics of its predictions.

Knows neither MLflow nor the settings.
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
from engram.core.lineage import Lineage
from engram.core.paths import GENERAL_CROP
from engram.core.records import Record, read_record
from engram.publishing.jobs import TrackedTrial, TrackParams
from engram.publishing.run_scores import lineage_scores, task_scores
from engram.runtime.job_spec import NamedFiles
from engram.studies.entities.jobs.evidence import STUDY
from engram.studies.general.methods import HEADINGS, STUDENTS

__all__ = ["Run", "describe_run", "describe_runs", "exported_files", "run_key"]

#: The folder of the exported tagger, and the kind of its run; that of the student is ``export``.
TAGGER, TAGGER_EXPORT = "tagger", "export_tagger"
#: Kinds of records whose jobs solve a task of the general study.
_SOLVING = ("transfer", "selection")


@dataclass(frozen=True)
class Run:
    """One job as tracking shows it."""

    key: str
    """Names the job among all configurations."""
    title: str
    params: dict[str, str]
    metrics: dict[str, float]
    """Final values."""
    tags: dict[str, str]
    curves: list[dict[str, float]] = field(default_factory=list)
    """One entry an epoch; its ``epoch`` is the step of the others."""
    parent: str | None = None
    """Key of the run that it hangs below: that of the model it started from, of its teacher, ..."""
    ended: float = 0.0
    """When its record was written, in seconds since 1970."""
    seconds: float = 0.0
    """How long the job took."""

    @cached_property
    def content(self) -> str:
        """SHA-256 over all that the run says, but its times."""
        said = {key: value for key, value in asdict(self).items() if key not in ("ended", "seconds")}
        return text_hash(json.dumps(said, sort_keys=True))


def describe_runs(inputs: NamedFiles, params: TrackParams) -> list[Run]:
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
    exported = [path for path in map(Path, inputs.exported) if path.name == "record.json"]
    records = {path: read_record(path) for path in [*map(Path, inputs.records), *exported]}
    scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for path, record in records.items():
        if record.kind == "evaluation":
            for name, found in lineage_scores(path, record.name, _kind(record, path, params)):
                scores[name] |= found
    runs = []
    for path, record in records.items():
        if record.kind in _SOLVING:
            measured = task_scores(path.with_name("predictions.parquet"), params.tasks[_task(record)])
        else:
            measured = scores.get(_scored_name(record, _kind(record, path, params)), {})
        runs.append(describe_run(record, path, params, measured))
    parents = {run.key: run.parent for run in runs}
    return sorted(runs, key=lambda run: _depth(run.key, parents))


def run_key(results: str, name: str, seed: int | None = None) -> str:
    """Return the key of the run that is called ``name``, such as ``training/wild.base``."""
    return f"{results}:{name}" + ("" if seed is None else f"/seed{seed}")


def exported_files(key: str, inputs: NamedFiles) -> tuple[str, list[Path]]:
    """Return what the run of an export tells of, ``student`` or ``tagger``, and its files."""
    is_tagger = TAGGER_EXPORT in key
    files = [path for path in map(Path, inputs.exported) if (path.parent.name == TAGGER) == is_tagger]
    return TAGGER if is_tagger else "student", files


def describe_run(
    record: Record, path: Path, params: TrackParams, measured: Mapping[str, float] | None = None
) -> Run:
    """Return the run of the record at ``path``, with metrics of its predictions as ``measured``."""
    kind = _kind(record, path, params)
    tags, parent = _about(kind, record, params, measured or {})
    tags |= {"kind": record.kind, "code": record.code, "record": file_hash(path), "results": params.results}
    if record.seed is not None:
        tags["seed"] = str(record.seed)
    metrics = {**record.metrics, **(measured or {})}
    return Run(
        key=run_key(params.results, f"{kind}/{record.name}", record.seed),
        title=f"{kind}: {record.name}" + ("" if record.seed is None else f" (seed {record.seed})"),
        params=_flatten_record(record),
        metrics={name: float(value) for name, value in sorted(metrics.items())}
        | {f"seconds/{part}": seconds for part, seconds in record.timings.items()},
        tags=tags,
        curves=[*_curves(record.history), *_observed(record.curves, tags.get("study"))],
        parent=run_key(params.results, parent, record.seed) if parent else None,
        ended=path.stat().st_mtime,
        seconds=sum(record.timings.values()),
    )


def _kind(record: Record, path: Path, params: TrackParams) -> str:
    """Return the kind of a record's run: studies may make things of one name, each in its own way."""
    if path.parent.name == GENERAL_CROP:
        return GENERAL_CROP
    if path.parent.name == TAGGER:
        return TAGGER_EXPORT
    own = path.is_relative_to(Path(params.results, STUDY)) or record.kind == "text"
    return f"{STUDY}/{record.kind}" if own else record.kind


def _about(
    kind: str, record: Record, params: TrackParams, measured: Mapping[str, float]
) -> tuple[dict[str, str], str | None]:
    """Return what a run is about, as tags, and the name of the run that it hangs below."""
    if record.kind == "training":
        study = kind.removesuffix("training").rstrip("/")
        tags, parent = _about_model(Lineage.parse(record.name), params.trials[study or "memory"])
        return tags | ({"study": study} if study else {}), f"{kind}/{parent}" if parent else None
    if kind in ("faces", "evaluation"):
        return {"dataset": record.name}, None
    if kind.startswith(f"{STUDY}/"):
        return {"study": STUDY, "dataset": record.name}, None
    tags = {"study": "general", "dataset": "+".join(sorted(record.data))}
    if kind == TAGGER_EXPORT:
        return tags | {"study": STUDY}, f"{STUDY}/training/{record.name.removeprefix('tagger ')}"
    if kind == "student":
        return tags, f"fusion/{STUDENTS[record.name].operator}"
    if kind == "export":
        return tags, f"student/{record.name}"
    if kind not in _SOLVING:
        return tags, None
    name = _task(record)
    methods = dict.fromkeys(metric.split("/")[1] for metric in measured)
    tags |= {"task_name": name, "task": params.tasks[name].task, "role": params.tasks[name].role}
    tags["methods"] = ", ".join(HEADINGS.get(method, method) for method in methods)
    frozen = f"transfer/{name}/frozen"
    return tags, None if frozen == f"{kind}/{record.name}" else frozen


def _about_model(model: Lineage, trials: list[TrackedTrial]) -> tuple[dict[str, str], Lineage | None]:
    lineage = str(model.pooled)
    users = [trial for trial in trials if f"{trial.lineage}/".startswith(f"{lineage}/")]
    tags = {
        "lineage": lineage,
        "dataset": "+".join(model.stage.datasets),
        "recipe": model.stage.recipe,
        "strategies": ", ".join(sorted({trial.strategy for trial in users})),
        "trials": "; ".join(trial.words for trial in users if trial.lineage == lineage),
    }
    if model.fold:
        tags["fold"] = str(model.fold)
    return tags, model.parent


def _task(record: Record) -> str:
    return record.name.partition("/")[0]


def _depth(key: str, parents: Mapping[str, str | None]) -> int:
    parent = parents[key]
    return 0 if parent is None else 1 + _depth(parent, parents)


def _scored_name(record: Record, kind: str) -> str:
    """Return the name of a record's scores: the models of all folds share those of their lineage."""
    if record.kind != "training":
        return f"{kind}/{record.name}"
    return f"{kind}/{Lineage.parse(record.name).pooled}/seed{record.seed}"


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


def _observed(curves: list[dict[str, float]], study: str | None) -> list[dict[str, float]]:
    """Return one entry an epoch with accuracy, or score, on each observed data set's validation subset."""
    measure = "validation_score" if study == STUDY else "validation_accuracy"
    return [
        {name if name == "epoch" else f"{measure}/{name}": value for name, value in entry.items()}
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
