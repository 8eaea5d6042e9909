"""Model cards after Mitchell et al. (2019), filled from records, splits, predictions and the settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import metadata
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from engram.config.stages import CHOICES
from engram.core.errors import DataMissingError
from engram.core.files import file_hash, write_text
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.core.reading import read_csv
from engram.core.records import Record, read_record
from engram.data.split import subset_sizes
from engram.publishing.jobs import CardParams
from engram.reporting.cards import render_card
from engram.runtime.job_spec import NamedFiles
from engram.statistics.metrics import confusion
from engram.statistics.predictions import Predictions, read_predictions
from engram.studies.lineage.folds import models_of

__all__ = ["CardEvidence", "model_card", "write_cards"]

_TEMPLATE = Path(__file__).with_name("model_card.md.j2")


def write_cards(inputs: NamedFiles, outputs: NamedFiles, params: CardParams) -> None:
    """Write the card of every finished model; the outputs are in the order of ``params.uses``.

    Raises
    ------
    EngramError
        If a record, the predictions or a split is missing.
    """
    evidence = CardEvidence(inputs, params)
    for lineage, path in zip(tqdm(params.uses, desc="model cards", unit="card"), outputs.cards, strict=True):
        write_text(path, model_card(Lineage.parse(lineage), evidence))


@dataclass(frozen=True)
class CardEvidence:
    """What cards are filled from, read when it is first used."""

    inputs: NamedFiles
    params: CardParams

    @cached_property
    def training(self) -> dict[tuple[str, int | None], tuple[Record, Path]]:
        """Record and model file of each training by lineage and seed."""
        files = zip(map(read_record, self.inputs.records), map(Path, self.inputs.models), strict=True)
        return {(record.name, record.seed): (record, model) for record, model in files}

    @cached_property
    def faces(self) -> dict[str, Record]:
        """Record of each data set's faces."""
        return dict(zip(self.params.datasets, map(read_record, self.inputs.faces), strict=True))

    @cached_property
    def splits(self) -> dict[str, pd.DataFrame]:
        """Split of each data set."""
        # A subject may be called "NA" or "#7": words are taken as they stand.
        how: dict[str, Any] = {"dtype": {"subject": "str"}, "keep_default_na": False}
        files = zip(self.params.datasets, map(Path, self.inputs.splits), strict=True)
        columns = ("subject", "subset", "fold")
        return {name: read_csv(path, DataMissingError, columns, **how) for name, path in files}

    @cached_property
    def predictions(self) -> dict[str, Predictions]:
        """Predictions of all models on each data set."""
        return {
            name: read_predictions(path, name, data.task, self.params.seeds)
            for (name, data), path in zip(self.params.datasets.items(), self.inputs.predictions, strict=True)
        }

    @cached_property
    def matrix(self) -> pd.DataFrame:
        """The table ``memory_matrix``: accuracy of every model on every data set, in percent."""
        return read_csv(Path(self.inputs.matrix[0]), DataMissingError, ("lineage", "dataset"))

    def models(self, lineage: Lineage) -> list[Lineage]:
        """Return the models of a lineage: itself, or one a fold."""
        folds = {name: data.folds for name, data in self.params.datasets.items() if data.folds}
        return models_of(lineage, folds)

    def trainings(self, lineage: Lineage) -> list[Record]:
        """Return the records of a lineage's training, in the order of the seeds, then of the folds."""
        keys = product(self.params.seeds, self.models(lineage))
        return [self.training[str(model), seed][0] for seed, model in keys]


def model_card(lineage: Lineage, evidence: CardEvidence) -> str:
    """Return a model's card as Markdown; it describes the trainings of its ancestors too."""
    return render_card(_TEMPLATE, **_fields(lineage, evidence))


def _fields(lineage: Lineage, evidence: CardEvidence) -> dict[str, Any]:
    params, matrix = evidence.params, evidence.matrix
    results = [
        {**row, "title": params.datasets[row["dataset"]].title}
        for row in matrix[matrix["lineage"] == str(lineage)].to_dict("records")
    ]
    trained_on = sorted({name for stage in lineage.stages for name in stage.datasets})
    ancestors = [Lineage(lineage.stages[: depth + 1]) for depth in range(len(lineage.stages))]
    return {
        "lineage": str(lineage),
        "package": metadata("engram"),
        "params": params,
        "record": evidence.trainings(lineage)[0],
        "uses": params.uses[str(lineage)],
        "stages": [_stage(ancestor, evidence) for ancestor in ancestors],
        "weights": [
            _weights(model, seed, evidence) for seed, model in product(params.seeds, evidence.models(lineage))
        ],
        "tasks": {params.datasets[name].task for name in trained_on},
        "classes": CLASSES,
        "trained_on": [_dataset(name, evidence) for name in trained_on],
        "evaluated_on": [_dataset(row["dataset"], evidence) for row in results],
        "results": results,
        "recalls": {row["dataset"]: _recalls(lineage, row["dataset"], evidence) for row in results},
        "forgets": [row for row in results if row["dataset"] in lineage.earlier_datasets],
        "drawn": any(params.datasets[name].drawn for name in trained_on),
    }


def _stage(lineage: Lineage, evidence: CardEvidence) -> dict[str, Any]:
    """Describe one training on the way to a model: its data, its recipe and how its seeds went."""
    records, datasets = evidence.trainings(lineage), evidence.params.datasets
    return {
        "name": str(lineage.stage),
        "data": [(datasets[part.dataset].title, part.percent) for part in lineage.stage.data],
        "recipe": records[0].settings["recipe"],
        "terms": {name: _values(name, records) for name in CHOICES},
        "faces": round(sum(record.metrics["training_faces"] for record in records) / len(records)),
        "epochs": [len(record.history) for record in records],
        "best_epochs": [int(record.metrics["best_epoch"]) for record in records],
        "best_accuracies": [100 * record.metrics["best_validation_accuracy"] for record in records],
        "seconds": sum(record.timings["train"] for record in records) / len(records),
    }


def _values(name: str, records: list[Record]) -> list[float]:
    """Return what a term of the loss weighed: one value, or for each training the one chosen."""
    chosen = [
        record.metrics.get(f"chosen_{name}", record.settings["recipe"].get(name, 0.0)) for record in records
    ]
    return chosen if len(set(chosen)) > 1 else chosen[:1]


def _weights(lineage: Lineage, seed: int, evidence: CardEvidence) -> dict[str, Any]:
    path = evidence.training[str(lineage), seed][1]
    name = path.relative_to(evidence.params.results).as_posix()
    return {"seed": seed, "fold": lineage.fold, "file": name, "hash": file_hash(path)}


def _dataset(name: str, evidence: CardEvidence) -> dict[str, Any]:
    """Describe a data set: its owner's terms, what was detected, and its subsets."""
    found, split = evidence.faces[name], evidence.splits[name]
    return {
        **evidence.params.datasets[name].model_dump(),
        "name": name,
        "images": int(found.metrics["images"]),
        "detected": 100 * found.metrics["detected"] / found.metrics["images"],
        "hash": found.data[name],
        "subsets": subset_sizes(split),
    }


def _recalls(lineage: Lineage, dataset: str, evidence: CardEvidence) -> list[dict[str, Any]]:
    """Return, for each class of the test subset, its faces and the fraction recognised, mean over seeds."""
    found = evidence.predictions[dataset]
    answers = found.predicted[found.index(str(lineage))]
    counts = confusion(found.truth, answers, len(found.classes)).mean(axis=0)
    faces = counts.sum(axis=1)
    return [
        {"name": found.classes[k], "faces": int(faces[k]), "recall": 100 * counts[k, k] / faces[k]}
        for k in np.unique(found.truth)
    ]
