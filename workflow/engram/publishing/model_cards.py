"""Model cards after Mitchell et al. (2019), filled from records, splits, predictions and the settings."""

from __future__ import annotations

from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from tqdm import tqdm

from engram.config import Settings
from engram.core.errors import DataMissingError
from engram.core.files import file_hash, write_text
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.reading import read_csv
from engram.publishing.places import card_path, described_models
from engram.statistics.metrics import confusion
from engram.studies.memory.collect import Evidence, collect

__all__ = ["model_card", "write_cards"]

_TEMPLATE = "model_card.md.j2"


def write_cards(settings: Settings, layout: Layout) -> None:
    """Write the card of every finished model.

    Raises
    ------
    EngramError
        If a record, the predictions or a split is missing.
    """
    evidence = collect(settings, layout.root)
    matrix = read_csv(layout.tables / "memory_matrix.csv", DataMissingError, ("lineage", "dataset"))
    for lineage in tqdm(described_models(settings), desc="model cards", unit="card"):
        write_text(card_path(layout, lineage), model_card(lineage, evidence, matrix))


def model_card(lineage: Lineage, evidence: Evidence, matrix: pd.DataFrame) -> str:
    """Return a model's card as Markdown.

    Parameters
    ----------
    lineage
        The model; its ancestors' trainings are described too.
    evidence
        Of the run that made it.
    matrix
        The table ``memory_matrix``: accuracy of every model on every data set, in percent.
    """
    # A value that is missing is an error, never an empty place in a card.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = lambda value: f"{value:g}"
    return environment.get_template(_TEMPLATE).render(_fields(lineage, evidence, matrix))


def _fields(lineage: Lineage, evidence: Evidence, matrix: pd.DataFrame) -> dict[str, Any]:
    settings = evidence.settings
    own = evidence.training[str(lineage), settings.seeds[0]]
    results = [
        {**row, "title": settings.datasets[row["dataset"]].title}
        for row in matrix[matrix["lineage"] == str(lineage)].to_dict("records")
    ]
    trained_on = sorted({name for stage in lineage.stages for name in stage.datasets})
    return {
        "lineage": str(lineage),
        "package": metadata("engram"),
        "record": own,
        "uses": [trial for trial in evidence.trials if trial.lineage == lineage],
        "stages": [
            _stage(Lineage(lineage.stages[: depth + 1]), evidence) for depth in range(len(lineage.stages))
        ],
        "weights": [_weights(lineage, seed, evidence) for seed in settings.seeds],
        "settings": settings,
        "tasks": {settings.datasets[name].task for name in trained_on},
        "classes": CLASSES,
        "trained_on": [_dataset(name, evidence) for name in trained_on],
        "evaluated_on": [_dataset(row["dataset"], evidence) for row in results],
        "results": results,
        "recalls": {row["dataset"]: _recalls(lineage, row["dataset"], evidence) for row in results},
        "forgets": [row for row in results if row["dataset"] in lineage.earlier_datasets],
        "drawn": any(settings.datasets[name].drawn for name in trained_on),
    }


def _stage(lineage: Lineage, evidence: Evidence) -> dict[str, Any]:
    """Describe the training of one model on the way: its data, its recipe and how its seeds went."""
    records = [evidence.training[str(lineage), seed] for seed in evidence.settings.seeds]
    return {
        "name": str(lineage.stage),
        "data": [
            (evidence.settings.datasets[portion.dataset].title, portion.percent)
            for portion in lineage.stage.portions
        ],
        "recipe": records[0].settings["recipe"],
        "faces": int(records[0].metrics["training_faces"]),
        "validation_faces": int(records[0].metrics["validation_faces"]),
        "epochs": [len(record.history) for record in records],
        "best_epochs": [int(record.metrics["best_epoch"]) for record in records],
        "best_accuracies": [100 * record.metrics["best_validation_accuracy"] for record in records],
        "seconds": sum(record.timings["train"] for record in records) / len(records),
    }


def _weights(lineage: Lineage, seed: int, evidence: Evidence) -> dict[str, Any]:
    path = evidence.layout.model(lineage, seed)
    name = path.relative_to(evidence.layout.root).as_posix()
    return {"seed": seed, "file": name, "hash": file_hash(path)}


def _dataset(name: str, evidence: Evidence) -> dict[str, Any]:
    """Describe a data set: its owner's terms, what was detected, and its subsets."""
    settings, found = evidence.settings.datasets[name], evidence.preparation[name]
    split = evidence.splits[name]
    return {
        "name": name,
        "title": settings.title,
        "drawn": settings.drawn,
        "source": settings.source,
        "task": settings.task,
        "scheme": settings.split.scheme,
        "images": int(found.metrics["images"]),
        "detected": 100 * found.metrics["detected"] / found.metrics["images"],
        "hash": found.data[name],
        "subsets": {
            subset: (int((split["subset"] == subset).sum()), _people(split, subset))
            for subset in ("train", "validation", "test")
        },
    }


def _people(split: pd.DataFrame, subset: str) -> int:
    return int(split.loc[split["subset"] == subset, "subject"].nunique())


def _recalls(lineage: Lineage, dataset: str, evidence: Evidence) -> list[dict[str, Any]]:
    """Return, for each class of the test subset, its faces and the share recognised, mean over seeds."""
    found = evidence.predictions[dataset]
    answers = found.predicted[found.index(str(lineage))]
    counts = confusion(found.truth, answers, len(found.classes)).mean(axis=0)
    faces = counts.sum(axis=1)
    return [
        {"name": name, "faces": int(faces[index]), "recall": 100 * counts[index, index] / faces[index]}
        for index, name in enumerate(found.classes)
        if np.flatnonzero(found.truth == index).size
    ]
