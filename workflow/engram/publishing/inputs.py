"""What every study leaves and publishing reads: the inputs of its rules, by name. Torch-free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from engram.config import Settings
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.shard_jobs import pixel_files
from engram.studies.entities.jobs.evidence import (
    entities_cards,
    entities_claim_files,
    entities_evidence,
    entities_figure_files,
    entities_models,
    entities_table_files,
    entities_texts,
    study_layout,
)
from engram.studies.entities.jobs.export import tagger_files
from engram.studies.general.jobs.report import (
    ReportParams,
    general_claim_files,
    general_figure_files,
    general_table_files,
)
from engram.studies.general.jobs.report import evidence_files as general_evidence
from engram.studies.general.plan import export_files, general_datasets, general_records
from engram.studies.levels.jobs import LevelsParams, levels_claim_files, levels_table_files
from engram.studies.lineage.folds import folds_of, models
from engram.studies.lineage.trials import datasets_in_use
from engram.studies.memory.jobs.cards import memory_cards
from engram.studies.memory.jobs.evidence import (
    evidence_inputs,
    memory_claim_files,
    memory_figure_files,
    memory_table_files,
)

__all__ = ["StudyFiles", "cards", "evidence_files", "publish_inputs", "studies", "track_inputs"]

Inputs = dict[str, list[Path]]


@dataclass(frozen=True)
class StudyFiles:
    """What a study of a configuration leaves."""

    shown: list[Path]
    """Tables, claims and figures."""
    records: list[Path] = field(default_factory=list)
    """Those of its jobs: what is tracked."""
    evidence: list[Path] = field(default_factory=list)
    """What else its tables and figures are made of: predictions, splits and the like. No text but sentences
    that may be shown."""
    models: list[Path] = field(default_factory=list)
    """Without imported networks, which stay where they came from, and those that are not kept."""
    cards: list[Path] = field(default_factory=list)
    exported: list[Path] = field(default_factory=list)
    """What others use, with a record."""
    faces: list[Path] = field(default_factory=list)
    """Folders of stored faces."""


def studies(settings: Settings) -> list[StudyFiles]:
    """Return what each study of a configuration leaves."""
    layout = Layout.from_settings(settings)
    found = [_memory(settings, layout)]
    found += [_general(settings, layout)] if settings.general else []
    found += [_entities(settings, layout)] if settings.entities else []
    if LevelsParams.from_settings(settings).domains:
        # All that its tables are made of belongs to the studies of both domains.
        found.append(StudyFiles(shown=levels_table_files(layout) + levels_claim_files(layout)))
    return found


def _memory(settings: Settings, layout: Layout) -> StudyFiles:
    names, files = datasets_in_use(settings), evidence_inputs(settings, layout)
    trained = models(settings.memory, folds_of(settings.datasets))
    return StudyFiles(
        shown=memory_table_files(layout) + memory_claim_files(layout) + memory_figure_files(settings),
        records=[*files["faces"], *files["records"], *map(layout.evaluation_record, names)],
        evidence=[*files["predictions"], *files["splits"], layout.duplicates],
        models=[layout.model(*one) for one in product(trained, settings.seeds_of("memory"))],
        cards=memory_cards(settings),
        faces=list(map(layout.faces, names)),
    )


def _general(settings: Settings, layout: Layout) -> StudyFiles:
    params, names = ReportParams.from_settings(settings), general_datasets(settings)
    general, files = params.general, general_evidence(params, layout)
    read = ("extraction_records", "predictions", "scores", "reconstruction", "overlap", "neighbours", "map")
    evidence = [path for kind in read for path in files[kind]] + list(map(layout.split, names))
    trained = [layout.encoder(name) for name, encoder in general.encoders.items() if not encoder.imported]
    fitted = [path.parent for path in files["reconstruction"]]
    return StudyFiles(
        shown=general_table_files(layout) + general_claim_files(layout) + general_figure_files(settings),
        records=files["face_records"] + general_records(settings, layout),
        evidence=evidence + [layout.selection(name) / "choice.json" for name in general.targets],
        models=[folder / "model.safetensors" for folder in fitted + trained],
        exported=export_files(layout),
        faces=[layout.faces(name, GENERAL_CROP) for name in names],
    )


def _entities(settings: Settings, layout: Layout) -> StudyFiles:
    names, files = entities_texts(settings), entities_evidence(settings, layout)
    recorded = ("texts", "records")
    evidence = [path for kind, paths in files.items() if kind not in recorded for path in paths]
    evaluations = [study_layout(layout).evaluation_record(name) for name in names]
    return StudyFiles(
        shown=entities_table_files(layout) + entities_claim_files(layout) + entities_figure_files(settings),
        records=[*files["texts"], *files["records"], *evaluations],
        evidence=evidence + list(map(layout.split, names)),
        models=entities_models(settings),
        cards=entities_cards(settings),
        exported=tagger_files(settings, layout),
    )


def _all(found: list[StudyFiles], files: Callable[[StudyFiles], list[Path]]) -> list[Path]:
    """Return some files of all studies, each once."""
    return list(dict.fromkeys(path for study in found for path in files(study)))


def track_inputs(settings: Settings) -> Inputs:
    """Return what tracking reads: every record, the predictions, and what is exported."""
    found = studies(settings)
    evidence = _all(found, lambda study: study.evidence)
    return {
        "records": _all(found, lambda study: study.records),
        "predictions": [path for path in evidence if path.name == "predictions.parquet"],
        "exported": _all(found, lambda study: study.exported),
    }


def evidence_files(settings: Settings) -> list[Path]:
    """Return the records, predictions and what else tables and figures are made of, each once."""
    return _evidence(studies(settings))


def _evidence(found: list[StudyFiles]) -> list[Path]:
    return _all(found, lambda study: study.records + study.evidence)


def publish_inputs(settings: Settings) -> Inputs:
    """Return what is published, and as ``stored_faces`` the faces of which figures show a few."""
    layout, found = Layout.from_settings(settings), studies(settings)
    stores = _all(found, lambda study: study.faces)
    names = sorted({store.parent.name for store in stores})
    sheets = [layout.figures / "sheets" / f"{name}.png" for name in names]
    shown = {name for name in names if settings.datasets[name].show_faces}
    return {
        "evidence": _evidence(found),
        "stores": [store / name for store in stores for name in ("index.parquet", "store.json")],
        "models": _all(found, lambda study: study.models),
        "shown": _all(found, lambda study: study.shown),
        "sheets": [sheet for sheet in sheets if sheet.stem in shown],
        "cards": _cards(found),
        "exported": _all(found, lambda study: study.exported),
        "pages": [layout.page, layout.numbers],
        "stored_faces": [
            path
            for store in stores
            if store.parent.name in shown
            for path in pixel_files(settings, layout, store.parent.name, store.name)
        ],
    }


def cards(settings: Settings) -> list[Path]:
    """Return the cards of the finished models of all strategies."""
    return _cards(studies(settings))


def _cards(found: list[StudyFiles]) -> list[Path]:
    return _all(found, lambda study: study.cards)
