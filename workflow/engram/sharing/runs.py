"""What tracking says of a job: names, parameters, metrics, curves and tags. Knows no MLflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from engram.evidence.collect import Evidence, collect
from engram.evidence.metrics import accuracy, macro_f1
from engram.ground.files import file_hash, text_hash
from engram.ground.layout import Layout
from engram.ground.lineage import Lineage
from engram.ground.plan import Trial, lineages
from engram.ground.records import Record, read_record
from engram.ground.settings import Settings

__all__ = ["Run", "describe_runs"]


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
    """Key of the run of the model that this one started from."""
    ended: float = 0.0
    """When its record was written, in seconds since 1970."""
    seconds: float = 0.0
    """How long the job took."""

    @cached_property
    def content(self) -> str:
        """SHA-256 over all that the run says; its times are no part of it."""
        said = {key: value for key, value in asdict(self).items() if key not in ("ended", "seconds")}
        return text_hash(json.dumps(said, sort_keys=True))


def describe_runs(settings: Settings, layout: Layout) -> list[Run]:
    """Return a run for every faces, training and evaluation record, parents before their children."""
    evidence = collect(settings, layout.root)
    return [*_faces_runs(evidence), *_training_runs(evidence), *_evaluation_runs(evidence)]


def _faces_runs(evidence: Evidence) -> Iterator[Run]:
    for name, record in evidence.preparation.items():
        yield _run(evidence, record, evidence.layout.faces_record(name), tags={"dataset": name})


def _evaluation_runs(evidence: Evidence) -> Iterator[Run]:
    for name in evidence.datasets:
        path = evidence.layout.evaluation_record(name)
        metrics = {
            f"{metric}_{end}": getattr(values, end)()
            for metric, values in _scores(evidence, name).items()
            for end in ("min", "mean", "max")
        }
        yield _run(evidence, read_record(path), path, tags={"dataset": name}, metrics=metrics)


def _training_runs(evidence: Evidence) -> Iterator[Run]:
    scores = _scores_by_model(evidence)
    settings = evidence.settings
    for lineage in lineages(settings.memory):
        tags = {
            "lineage": str(lineage),
            "dataset": "+".join(lineage.stage.datasets),
            "strategies": ", ".join(_strategies(evidence.trials, lineage)),
            "trials": "; ".join(_trial(trial) for trial in evidence.trials if trial.lineage == lineage),
        }
        for seed in settings.seeds:
            record = evidence.training[str(lineage), seed]
            yield _run(
                evidence,
                record,
                evidence.layout.model_record(lineage, seed),
                tags={**tags, "seed": str(seed)},
                metrics=scores.get((str(lineage), seed), {}),
                params={"recipe": lineage.stage.recipe},
                parent=_key(settings, "training", lineage.parent, seed) if lineage.parent else None,
            )


def _run(
    evidence: Evidence,
    record: Record,
    path: Path,
    *,
    tags: dict[str, str],
    metrics: dict[str, Any] | None = None,
    params: dict[str, str] | None = None,
    parent: str | None = None,
) -> Run:
    about = {"kind": record.kind, "code": record.code, "record": file_hash(path)}
    seed = "" if record.seed is None else f" (seed {record.seed})"
    measured = {**record.metrics, **(metrics or {})}
    return Run(
        key=_key(evidence.settings, record.kind, record.name, record.seed),
        title=f"{record.kind}: {record.name}{seed}",
        params={**_params(record), **(params or {})},
        metrics={name: float(value) for name, value in sorted(measured.items())}
        | {f"seconds/{part}": seconds for part, seconds in record.timings.items()},
        tags={**about, **tags, "results": evidence.settings.results},
        curves=record.history,
        parent=parent,
        ended=path.stat().st_mtime,
        seconds=sum(record.timings.values()),
    )


def _key(settings: Settings, kind: str, name: object, seed: int | None) -> str:
    return f"{settings.results}:{kind}/{name}" + ("" if seed is None else f"/seed{seed}")


def _params(record: Record) -> dict[str, str]:
    """Return a record's settings, versions and hashes, nested names joined by dots."""
    # An evaluation's list of models is as long as the study; its runs have a count of them.
    chosen = {key: value for key, value in record.settings.items() if key != "models"}
    parts = {**chosen, "environment": record.environment, "data": record.data, "split": record.splits}
    flat = dict(_flatten(parts))
    return flat | ({"parent_model": record.parent} if record.parent else {})


def _flatten(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return
    for key, inner in sorted(value.items()):
        yield from _flatten(inner, f"{name}.{key}" if name else key)


def _scores(evidence: Evidence, dataset: str) -> dict[str, Any]:
    """Return each metric of all models on a data set's test subset, shape (models, seeds), in [0, 1]."""
    found = evidence.predictions[dataset]
    return {
        "test_accuracy": accuracy(found.truth, found.predicted),
        "test_macro_f1": macro_f1(found.truth, found.predicted, len(found.classes)),
    }


def _scores_by_model(evidence: Evidence) -> dict[tuple[str, int], dict[str, float]]:
    """Return (lineage, seed) -> ``test_accuracy/<data set>`` and the like, for all that it has a head for."""
    scores: dict[tuple[str, int], dict[str, float]] = {}
    for dataset, found in evidence.predictions.items():
        for metric, values in _scores(evidence, dataset).items():
            for lineage, by_seed in zip(found.models, values, strict=True):
                for seed, value in zip(found.seeds, by_seed, strict=True):
                    scores.setdefault((lineage, seed), {})[f"{metric}/{dataset}"] = float(value)
    return scores


def _strategies(trials: list[Trial], lineage: Lineage) -> list[str]:
    """Return the strategies whose models are this one or descend from it, sorted."""
    depth = len(lineage.stages)
    return sorted({trial.strategy for trial in trials if trial.lineage.stages[:depth] == lineage.stages})


def _trial(trial: Trial) -> str:
    amount = f" {trial.fraction} %" if trial.fraction else ""
    return f"{trial.source} to {trial.target}: {trial.strategy}{amount}"
