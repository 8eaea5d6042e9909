"""What the model cards of every study of lineages say: how a model is used, trained and stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engram.core.files import file_hash
from engram.core.lineage import Lineage
from engram.core.records import Record
from engram.studies.lineage.evidence import LineageEvidence

__all__ = ["card_lineages", "card_stages", "card_uses", "card_weights", "trainings"]


def card_lineages(evidence: LineageEvidence) -> list[Lineage]:
    """Return the lineages that have a card: the models of strategies, each once, sorted."""
    return sorted({trial.lineage for trial in evidence.trials})


def trainings(lineage: Lineage, evidence: LineageEvidence) -> list[Record]:
    """Return the records of a lineage's training, in the order of the seeds, then of the folds."""
    return [record for seed in evidence.seeds for record in evidence.trainings(lineage, seed)]


def card_uses(lineage: Lineage, evidence: LineageEvidence, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what a model is in the study: each strategy, fraction and transfer that it is the model of."""
    return [
        {
            "strategy": trial.strategy,
            "title": evidence.study.strategy[trial.strategy].title,
            "fraction": trial.fraction,
            "source": titles[trial.source],
            "target": titles[trial.target],
        }
        for trial in evidence.trials
        if trial.lineage == lineage
    ]


def card_stages(
    lineage: Lineage, evidence: LineageEvidence, titles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the trainings on the way to a model, oldest first: data, recipe, and how its seeds went."""
    ancestors = [Lineage(lineage.stages[: depth + 1]) for depth in range(len(lineage.stages))]
    return [_stage(ancestor, trainings(ancestor, evidence), titles) for ancestor in ancestors]


def _stage(lineage: Lineage, records: list[Record], titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": str(lineage.stage),
        "records": records,
        "data": [(titles[part.dataset], part.percent) for part in lineage.stage.data],
        "recipe": records[0].settings["recipe"],
        "epochs": [len(record.history) for record in records],
        "best_epochs": [int(record.metrics["best_epoch"]) for record in records],
        "seconds": sum(record.timings["train"] for record in records) / len(records),
    }


def card_weights(lineage: Lineage, evidence: LineageEvidence, study: str = "") -> list[dict[str, Any]]:
    """Return the files of a lineage's models with their SHA-256, in the order of `trainings`."""
    layout, found = evidence.layout.of_study(study), []
    for seed in evidence.seeds:
        for model in evidence.models(lineage):
            path = layout.model(model, seed)
            name = path.relative_to(layout.root).as_posix()
            found.append(
                {"seed": seed, "fold": model.fold, "file": name, "path": path, "hash": file_hash(path)}
            )
    return found
