"""Model cards after Mitchell et al. (2019), filled from records, splits, predictions and the settings."""

from __future__ import annotations

from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from engram.config.stages import CHOICES
from engram.core.errors import DataMissingError
from engram.core.files import write_text
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.core.reading import read_csv
from engram.core.records import Record
from engram.data.split import subset_sizes
from engram.reporting.cards import render_card
from engram.runtime.job_spec import NamedFiles
from engram.statistics.metrics import confusion
from engram.studies.lineage.cards import (
    card_lineages,
    card_stages,
    card_uses,
    card_weights,
    trainings,
)
from engram.studies.memory.collect import Evidence
from engram.studies.memory.jobs.cards import CardParams

__all__ = ["model_card", "read_matrix", "write_cards"]

_TEMPLATE = Path(__file__).with_name("model_card.md.j2")


def write_cards(inputs: NamedFiles, outputs: NamedFiles, params: CardParams) -> None:
    """Write the card of the finished model of every strategy; in and outputs as `cards_spec` has them.

    Raises
    ------
    EngramError
        If a record, the predictions or a split is missing.
    """
    evidence = Evidence.load(inputs, params)
    lineages, matrix = card_lineages(evidence), read_matrix(inputs)
    for lineage, path in zip(tqdm(lineages, desc="model cards", unit="card"), outputs.cards, strict=True):
        write_text(path, model_card(lineage, evidence, matrix))


def read_matrix(inputs: NamedFiles) -> pd.DataFrame:
    """Return the table ``memory_matrix``: accuracy of every model on every data set, in percent."""
    return read_csv(Path(inputs.matrix[0]), DataMissingError, ("lineage", "dataset"))


def model_card(lineage: Lineage, evidence: Evidence, matrix: pd.DataFrame) -> str:
    """Return a model's card as Markdown; it describes the trainings of its ancestors too."""
    params = evidence.settings
    titles = {name: chosen.title for name, chosen in params.datasets.items()}
    results = [
        {**row, "title": titles[row["dataset"]]}
        for row in matrix[matrix["lineage"] == str(lineage)].to_dict("records")
    ]
    trained_on = sorted({name for stage in lineage.stages for name in stage.datasets})
    return render_card(
        _TEMPLATE,
        lineage=str(lineage),
        package=metadata("engram"),
        params=params,
        record=trainings(lineage, evidence)[0],
        uses=card_uses(lineage, evidence, titles),
        stages=list(map(_with_terms, card_stages(lineage, evidence, titles))),
        weights=card_weights(lineage, evidence),
        tasks={params.datasets[name].task for name in trained_on},
        classes=CLASSES,
        trained_on=[_dataset(name, evidence) for name in trained_on],
        evaluated_on=[_dataset(row["dataset"], evidence) for row in results],
        results=results,
        recalls={row["dataset"]: _recalls(lineage, row["dataset"], evidence) for row in results},
        forgets=[row for row in results if row["dataset"] in lineage.earlier_datasets],
        drawn=any(params.origins[name].drawn for name in trained_on),
    )


def _with_terms(stage: dict[str, Any]) -> dict[str, Any]:
    """Add what only networks of this study have: faces, accuracy, and the terms of the loss."""
    records = stage["records"]
    return {
        **stage,
        "terms": {name: _values(name, records) for name in CHOICES},
        "faces": round(sum(record.metrics["training_faces"] for record in records) / len(records)),
        "best_accuracies": [100 * record.metrics["best_validation_accuracy"] for record in records],
    }


def _values(name: str, records: list[Record]) -> list[float]:
    """Return what a term of the loss weighed: one value, or for each training the one chosen."""
    chosen = [
        record.metrics.get(f"chosen_{name}", record.settings["recipe"].get(name, 0.0)) for record in records
    ]
    return chosen if len(set(chosen)) > 1 else chosen[:1]


def _dataset(name: str, evidence: Evidence) -> dict[str, Any]:
    """Describe a data set: its owner's terms, what was detected, and its subsets."""
    found, chosen = evidence.preparation[name], evidence.settings.datasets[name]
    origin = evidence.settings.origins[name]
    return {
        "name": name,
        "title": chosen.title,
        "task": chosen.task,
        "scheme": chosen.split.scheme,
        "folds": chosen.split.folds or 0,
        "source": origin.source,
        "drawn": origin.drawn,
        "images": int(found.metrics["images"]),
        "detected": 100 * found.metrics["detected"] / found.metrics["images"],
        "hash": found.data[name],
        "subsets": subset_sizes(evidence.splits[name]),
    }


def _recalls(lineage: Lineage, dataset: str, evidence: Evidence) -> list[dict[str, Any]]:
    """Return, for each class of the test subset, its faces and the fraction recognised, mean over seeds."""
    found = evidence.predictions[dataset]
    answers = found.predicted[found.index(str(lineage))]
    counts = confusion(found.truth, answers, len(found.classes)).mean(axis=0)
    faces = counts.sum(axis=1)
    return [
        {"name": found.classes[k], "faces": int(faces[k]), "recall": 100 * counts[k, k] / faces[k]}
        for k in np.unique(found.truth)
    ]
