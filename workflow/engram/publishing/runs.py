"""What tracking says of a configuration's jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engram.config import Settings
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.records import read_record
from engram.publishing.run import Run, run_key, run_of
from engram.publishing.runs_general import general_runs
from engram.statistics.metrics import accuracy, macro_f1
from engram.studies.lineage.trials import Trial, lineages
from engram.studies.memory.collect import Evidence, collect

__all__ = ["describe_runs"]


def describe_runs(settings: Settings, layout: Layout) -> list[Run]:
    """Return a run for every record of both studies, parents before their children."""
    evidence = collect(settings, layout.root)
    memory = [*_faces_runs(evidence), *_training_runs(evidence), *_evaluation_runs(evidence)]
    return [*memory, *general_runs(settings, layout)]


def _faces_runs(evidence: Evidence) -> Iterator[Run]:
    for name, record in evidence.preparation.items():
        yield run_of(evidence.settings, record, evidence.layout.faces_record(name), tags={"dataset": name})


def _evaluation_runs(evidence: Evidence) -> Iterator[Run]:
    for name in evidence.datasets:
        path = evidence.layout.evaluation_record(name)
        metrics = {
            f"{metric}_{end}": getattr(values, end)()
            for metric, values in _scores(evidence, name).items()
            for end in ("min", "mean", "max")
        }
        yield run_of(evidence.settings, read_record(path), path, tags={"dataset": name}, metrics=metrics)


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
            yield run_of(
                settings,
                record,
                evidence.layout.model_record(lineage, seed),
                tags={**tags, "seed": str(seed)},
                metrics=scores.get((str(lineage), seed), {}),
                params={"recipe": lineage.stage.recipe},
                parent=run_key(settings, "training", lineage.parent, seed) if lineage.parent else None,
            )


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
