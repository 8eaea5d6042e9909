"""A job as tracking shows it: its record, what it is about, and the metrics of its predictions.

Knows neither MLflow nor the settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from engram.core.errors import PredictionsError
from engram.core.files import file_hash, text_hash
from engram.core.labels import kind_of
from engram.core.lineage import Lineage
from engram.core.paths import GENERAL_CROP
from engram.core.reading import read_table
from engram.core.records import Record, read_record
from engram.publishing.jobs import TrackedTask, TrackParams
from engram.runtime.job_spec import NamedFiles
from engram.statistics.metrics import accuracy, macro_f1
from engram.studies.general.evidence.metrics import unit_values
from engram.studies.general.methods import HEADINGS, STUDENTS

__all__ = ["Run", "describe_run", "describe_runs", "run_key"]

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
    exported = [path for path in inputs.exported if Path(path).name == "record.json"]
    memory = [*inputs.faces, *inputs.records, *inputs.evaluations]
    scores = _lineage_scores(map(Path, inputs.predictions))
    runs = []
    for path in map(Path, [*memory, *inputs.general_faces, *inputs.general_records, *exported]):
        record = read_record(path)
        if record.kind in _SOLVING:
            measured = _task_scores(path.with_name("predictions.parquet"), params.tasks[_task(record)])
        else:
            measured = scores.get(_scored_name(record), {})
        runs.append(describe_run(record, path, params, measured))
    parents = {run.key: run.parent for run in runs}
    return sorted(runs, key=lambda run: _depth(run.key, parents))


def run_key(results: str, name: str, seed: int | None = None) -> str:
    """Return the key of the run that is called ``name``, such as ``training/wild.base``."""
    return f"{results}:{name}" + ("" if seed is None else f"/seed{seed}")


def describe_run(
    record: Record, path: Path, params: TrackParams, measured: Mapping[str, float] | None = None
) -> Run:
    """Return the run of the record at ``path``, with metrics of its predictions as ``measured``."""
    # Both studies may store faces of one data set, each with its own crop.
    kind = GENERAL_CROP if path.parent.name == GENERAL_CROP else record.kind
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
        curves=[*_curves(record.history), *_observed(record.curves)],
        parent=run_key(params.results, parent, record.seed) if parent else None,
        ended=path.stat().st_mtime,
        seconds=sum(record.timings.values()),
    )


def _about(
    kind: str, record: Record, params: TrackParams, measured: Mapping[str, float]
) -> tuple[dict[str, str], str | None]:
    """Return what a run is about, as tags, and the name of the run that it hangs below."""
    if kind == "training":
        return _about_model(Lineage.parse(record.name), params)
    if kind in ("faces", "evaluation"):
        return {"dataset": record.name}, None
    tags = {"study": "general", "dataset": "+".join(sorted(record.data))}
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


def _about_model(model: Lineage, params: TrackParams) -> tuple[dict[str, str], str | None]:
    lineage = str(model.pooled)
    users = [trial for trial in params.trials if f"{trial.lineage}/".startswith(f"{lineage}/")]
    tags = {
        "lineage": lineage,
        "dataset": "+".join(model.stage.datasets),
        "recipe": model.stage.recipe,
        "strategies": ", ".join(sorted({trial.strategy for trial in users})),
        "trials": "; ".join(trial.words for trial in users if trial.lineage == lineage),
    }
    if model.fold:
        tags["fold"] = str(model.fold)
    return tags, f"training/{model.parent}" if model.parent else None


def _task(record: Record) -> str:
    return record.name.partition("/")[0]


def _depth(key: str, parents: Mapping[str, str | None]) -> int:
    parent = parents[key]
    return 0 if parent is None else 1 + _depth(parent, parents)


def _scored_name(record: Record) -> str:
    """Return the name of a record's scores: the models of all folds share those of their lineage."""
    if record.kind != "training":
        return f"{record.kind}/{record.name}"
    return f"training/{Lineage.parse(record.name).pooled}/seed{record.seed}"


def _lineage_scores(files: Iterator[Path]) -> dict[str, dict[str, float]]:
    """Return the scores of each training and evaluation on test subsets, in [0, 1], by the run's name.

    A training has ``test_accuracy/<data set>`` and the like for every data set that its model has a head
    for; an evaluation the smallest, the mean and the largest over models and seeds.
    """
    scores: dict[str, dict[str, float]] = {}
    for path in files:
        dataset = path.parent.name
        table = _read_lineage_scores(path)
        for (lineage, seed), row in table.iterrows():
            own = scores.setdefault(f"training/{lineage}/seed{seed}", {})
            own |= {f"{metric}/{dataset}": float(value) for metric, value in row.items()}
        ends = table.agg(["min", "mean", "max"])
        scores[f"evaluation/{dataset}"] = {
            f"{metric}_{end}": float(ends.loc[end, metric]) for metric in ends for end in ends.index
        }
    return scores


def _read_lineage_scores(path: Path) -> pd.DataFrame:
    """Return accuracy and macro F1 by lineage and seed."""
    frame = read_table(path, PredictionsError, ("lineage", "seed", "truth", "prediction"))
    words = sorted({*frame["truth"], *frame["prediction"].dropna()})
    rows = {}
    for key, part in frame.groupby(["lineage", "seed"]):
        # An undetected face has no prediction, whose code is -1.
        truth, answers = (pd.Categorical(part[name], words).codes for name in ("truth", "prediction"))
        f1 = macro_f1(truth, answers[None], len(words))[0]
        rows[key] = {"test_accuracy": accuracy(truth, answers), "test_macro_f1": f1}
    return pd.DataFrame.from_dict(rows, orient="index")


def _task_scores(path: Path, solved: TrackedTask) -> dict[str, float]:
    """Return ``test_accuracy/h_unique``, the mean over seeds, ``test_accuracy/h_unique/seed1`` and so on."""
    frame = read_table(path, PredictionsError, ("approach", "seed"))
    frame = frame.assign(value=unit_values(kind_of(solved.task), frame))
    scores = {}
    for method, part in frame.groupby("approach", sort=False):
        by_seed = part.groupby("seed")["value"].mean()
        scores[f"{solved.metric}/{method}"] = float(by_seed.mean())
        scores |= {f"{solved.metric}/{method}/seed{seed}": float(value) for seed, value in by_seed.items()}
    return scores


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
    """Return one entry an epoch with the accuracy on each observed data set's validation subset."""
    return [
        {name if name == "epoch" else f"validation_accuracy/{name}": value for name, value in entry.items()}
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
