"""Which files the jobs of publishing read: the inputs of their rules, by name. Torch-free."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from engram.config import Settings
from engram.core.paths import GENERAL_CROP, Layout
from engram.publishing.places import card_path
from engram.studies.entities.jobs.evidence import (
    entities_claim_files,
    entities_evidence,
    entities_figure_files,
    entities_models,
    entities_table_files,
)
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.report import (
    ReportParams,
    extracted_shards,
    general_claim_files,
    general_figure_files,
    general_table_files,
)
from engram.studies.general.methods import students
from engram.studies.general.plan import (
    export_files,
    general_datasets,
    general_records,
    general_tasks,
    operators,
    prediction_folders,
)
from engram.studies.levels.jobs import LevelsParams, levels_claim_files, levels_table_files
from engram.studies.lineage.folds import folds_of, models
from engram.studies.lineage.trials import datasets_in_use, trials
from engram.studies.memory.jobs.evidence import (
    evidence_inputs,
    memory_claim_files,
    memory_figure_files,
    memory_table_files,
)

__all__ = ["card_inputs", "cards", "evidence_files", "publish_inputs", "track_inputs"]

Inputs = dict[str, list[Path]]


def track_inputs(settings: Settings) -> Inputs:
    """Return what tracking reads: every record, the predictions, and the exported student."""
    return _memory_evidence(settings) | _general_evidence(settings)


def evidence_files(settings: Settings) -> list[Path]:
    """Return the records, predictions and what else tables and figures are made of, each once."""
    files = [path for name, paths in track_inputs(settings).items() if name != "exported" for path in paths]
    return list(dict.fromkeys([*files, *_entities_evidence(settings)]))


def card_inputs(settings: Settings) -> Inputs:
    """Return what model cards read."""
    layout = Layout.from_settings(settings)
    chosen = ("faces", "splits", "records", "predictions")
    inputs = {name: files for name, files in _memory_evidence(settings).items() if name in chosen}
    return inputs | {"models": _lineage_models(settings), "matrix": [layout.tables / "memory_matrix.csv"]}


def publish_inputs(settings: Settings) -> Inputs:
    """Return what is published, and as ``stored_faces`` the faces of which figures show a few.

    Imported encoders stay where they came from. Networks trained on a target are not kept: only
    their predictions are.
    """
    layout = Layout.from_settings(settings)
    memory, general = datasets_in_use(settings), general_datasets(settings)
    shown = [name for name in sorted({*memory, *general}) if settings.datasets[name].show_faces]
    stores = [layout.faces(name) for name in memory] + [layout.faces(name, GENERAL_CROP) for name in general]
    return track_inputs(settings) | {
        "stores": [folder / name for folder in stores for name in ("index.parquet", "store.json")],
        "entities": _entities_evidence(settings),
        "models": _lineage_models(settings) + _general_models(settings) + entities_models(settings),
        "tables": _table_files(settings),
        "figures": _figure_files(settings) + [layout.figures / "sheets" / f"{name}.png" for name in shown],
        "cards": cards(settings),
        "pages": [layout.page, layout.numbers],
        "stored_faces": [
            folder / "faces.npy" for folder in stores if settings.datasets[folder.parent.name].show_faces
        ],
    }


def cards(settings: Settings) -> list[Path]:
    """Return the cards of the finished models of all strategies."""
    layout = Layout.from_settings(settings)
    return [
        card_path(layout, lineage) for lineage in sorted({trial.lineage for trial in trials(settings.memory)})
    ]


def _memory_evidence(settings: Settings) -> Inputs:
    layout = Layout.from_settings(settings)
    evaluations = [layout.evaluation_record(name) for name in datasets_in_use(settings)]
    return {
        **evidence_inputs(settings, layout),
        "evaluations": evaluations,
        "duplicates": [layout.duplicates],
    }


def _entities_evidence(settings: Settings) -> list[Path]:
    """Return the predictions, records and facts of the study of named entities; no text but what is shown."""
    files = entities_evidence(settings, Layout.from_settings(settings))
    return [path for paths in files.values() for path in paths]


def _general_evidence(settings: Settings) -> Inputs:
    """Return the general study's records and results; empty lists without it."""
    layout, general, names = Layout.from_settings(settings), settings.general, general_datasets(settings)
    tasks = general_tasks(general) if general else []
    searches = [layout.selection(item.name) for item in tasks if item.role == "target"]
    solved = [
        layout.transfer(item.name, name)
        for item in tasks
        for name in (prediction_folders(general, item) if general else [])
    ]
    kept = ("scores.parquet", "choice.json")
    views = [layout.views / name for name in ("neighbours.parquet", "map.parquet")]
    return {
        "general_faces": [layout.faces_record(name, GENERAL_CROP) for name in names],
        "general_splits": [layout.split(name) for name in names],
        "general_records": general_records(settings, layout),
        "extractions": _extractions(settings),
        "general_predictions": [folder / "predictions.parquet" for folder in solved + searches],
        "searches": [folder / name for folder in searches for name in kept],
        "reconstruction": _fitted(settings, "reconstruction.parquet"),
        "overlap": [layout.general_overlap] if general else [],
        "views": views if general else [],
        "exported": export_files(layout) if general else [],
    }


def _extractions(settings: Settings) -> list[Path]:
    """Return the records of embedding D_unsup and the targets, whose times a figure counts."""
    if settings.general is None:
        return []
    layout = Layout.from_settings(settings)
    return [
        layout.embeddings(dataset, encoder) / f"shard-{shard}.json"
        for dataset, encoder, shard in extracted_shards(ReportParams.from_settings(settings))
    ]


def _fitted(settings: Settings, file: str) -> list[Path]:
    """Return a file of all operators and students; none without the general study."""
    if settings.general is None:
        return []
    files, seeds = GeneralFiles.from_settings(settings), settings.seeds_of("general")
    fitted = files.operators(operators(files.general), seeds, file)
    return fitted + files.students(students(files.general), seeds, file)


def _lineage_models(settings: Settings) -> list[Path]:
    layout = Layout.from_settings(settings)
    trained = models(settings.memory, folds_of(settings.datasets))
    return [layout.model(*model) for model in product(trained, settings.seeds_of("memory"))]


def _general_models(settings: Settings) -> list[Path]:
    layout, encoders = Layout.from_settings(settings), settings.general.encoders if settings.general else {}
    trained = [layout.encoder(name) for name, encoder in encoders.items() if encoder.imported is None]
    return _fitted(settings, "model.safetensors") + [folder / "model.safetensors" for folder in trained]


def _table_files(settings: Settings) -> list[Path]:
    layout = Layout.from_settings(settings)
    files = memory_table_files(layout) + memory_claim_files(layout)
    files += general_table_files(layout) + general_claim_files(layout) if settings.general else []
    files += entities_table_files(layout) + entities_claim_files(layout) if settings.entities else []
    levels = levels_table_files(layout) + levels_claim_files(layout)
    return files + (levels if LevelsParams.from_settings(settings).domains else [])


def _figure_files(settings: Settings) -> list[Path]:
    figures = memory_figure_files(settings) + general_figure_files(settings)
    return figures + entities_figure_files(settings)
