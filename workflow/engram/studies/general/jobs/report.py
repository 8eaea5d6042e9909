"""The plans of the study's last jobs: tables, claims and figures, and what each reads and depends on."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

from engram.config import EvidenceSettings, GeneralSettings, Settings, TrainingSettings
from engram.config.base import JobParams, Strict
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.shard_jobs import pixel_files
from engram.reporting.files import claim_files, figure_files, table_files
from engram.reporting.tables import CLAIM_FORMS, FIGURE_FORMS, TABLE_FORMS
from engram.runtime.job_spec import JobSpec
from engram.studies.general.figures import FIGURES
from engram.studies.general.operators import sizes_swept
from engram.studies.general.plan import (
    general_datasets,
    operators,
    prediction_folders,
    shown_datasets,
    target_datasets,
)
from engram.studies.general.settings import general_settings
from engram.studies.general.tables import TABLES
from engram.studies.general.task_plan import general_tasks

__all__ = [
    "CLAIMS",
    "SEARCH",
    "ClaimsParams",
    "FigureParams",
    "ReportParams",
    "ReportedDataset",
    "TablesParams",
    "claims_job",
    "evidence_files",
    "extracted_shards",
    "figure_job",
    "general_claim_files",
    "general_figure_files",
    "general_figure_names",
    "general_table_files",
    "solved_jobs",
    "tables_job",
]

#: Stem of the files of the checked claims.
CLAIMS = "claims_general"
#: Stands for the subset search among the jobs that solve a task; the others have the names of their folders.
SEARCH = "search"


class ReportedDataset(Strict):
    """What tables and figures say of a data set; see `engram.config.DatasetSettings`."""

    title: str = ""
    reader: str = ""
    published: str | None = None
    show_faces: bool = False
    shards: int = 1


class ReportParams(JobParams):
    """What the report of the study depends on, besides the files that it reads."""

    dataset_fields: ClassVar[frozenset[str]] = frozenset(ReportedDataset.model_fields)
    """What the job reads of each data set's settings."""

    seeds: list[int]
    evidence: EvidenceSettings
    datasets: dict[str, ReportedDataset]
    """The study's data sets by name, sorted."""
    general: GeneralSettings
    """The study's settings. What only training depends on has its default value here."""

    @classmethod
    def from_settings(cls, settings: Settings, **more: Any) -> ReportParams:
        """Pick the fields; ``more`` are those of a derived class.

        Raises
        ------
        ConfigurationError
            If the configuration leaves the study out.
        """
        general = general_settings(settings)
        return cls(
            results=settings.results,
            seeds=settings.seeds_of("general"),
            evidence=settings.evidence,
            datasets={
                name: ReportedDataset(**settings.datasets[name].model_dump(include=set(cls.dataset_fields)))
                for name in general_datasets(settings)
            },
            general=_reported(general),
            **more,
        )


class TablesParams(ReportParams):
    """What the tables depend on."""

    dataset_fields = frozenset({"title", "reader", "published", "shards"})


class ClaimsParams(ReportParams):
    """What the checked claims depend on."""

    dataset_fields = frozenset({"title", "reader", "shards"})


class FigureParams(ReportParams):
    """What a figure depends on."""

    dataset_fields = frozenset({"title", "show_faces", "shards"})

    figure: str
    """One of `engram.studies.general.figures.FIGURES`."""


def _reported(general: GeneralSettings) -> GeneralSettings:
    """Return the settings without those that only training depends on."""
    default = GeneralSettings.model_fields
    encoders = {
        name: encoder.model_copy(update={"training": TrainingSettings()})
        for name, encoder in general.encoders.items()
    }
    trained = ("faces", "student", "head", "dtype", "extraction_precision", "top", "augment")
    kept = {"hidden", "sizes", "balance"}
    fusion = type(general.fusion)(**general.fusion.model_dump(include=kept))
    # The seeds stand beside.
    defaults = {name: default[name].default for name in ("seeds", *trained)}
    return general.model_copy(update={**defaults, "encoders": encoders, "fusion": fusion})


def tables_job(settings: Settings) -> JobSpec:
    """Return the job that writes all tables: an output for each of `TABLE_FORMS`, with a file a table."""
    layout, params = Layout.from_settings(settings), TablesParams.from_settings(settings)
    outputs = {form: [layout.tables / f"{name}.{form}" for name in TABLES] for form in TABLE_FORMS}
    left_out = ("neighbours", "map")
    return JobSpec(
        name="general_tables",
        inputs=_without(left_out, evidence_files(params, layout)),
        outputs=outputs,
        log=layout.logs / "general_tables.log",
        params=params,
    )


def claims_job(settings: Settings) -> JobSpec:
    """Return the job that judges the claims: an output for each of `CLAIM_FORMS`."""
    layout, params = Layout.from_settings(settings), ClaimsParams.from_settings(settings)
    left_out = ("neighbours", "map", "indices", "scores", "face_records", "overlap")
    return JobSpec(
        name="general_claims",
        inputs=_without(left_out, evidence_files(params, layout)),
        outputs={form: layout.tables / f"{CLAIMS}{ending}" for form, ending in CLAIM_FORMS.items()},
        log=layout.logs / "general_claims.log",
        params=params,
    )


def figure_job(settings: Settings) -> JobSpec:
    """Return the job that draws the figure of the wildcard ``figure``: outputs ``svg`` and ``png``."""
    layout, params = Layout.from_settings(settings), ReportParams.from_settings(settings)
    files = _without(("face_records", "encoder_records", "overlap"), evidence_files(params, layout))
    shown = shown_datasets(params.general, params.datasets)
    faces = [path for name in shown for path in pixel_files(settings, layout, name, GENERAL_CROP)]
    return JobSpec(
        name="general_figure",
        # Large, and shown by one figure only.
        inputs={**files, "faces": lambda wildcards: faces if wildcards.figure == "general_retrieval" else []},
        outputs={form: layout.figures / f"{{figure}}.{form}" for form in FIGURE_FORMS},
        log=layout.logs / "general_figure/{figure}.log",
        params=lambda wildcards: FigureParams.from_settings(settings, figure=wildcards.figure),
        wildcards={"figure": "|".join(general_figure_names(settings))},
    )


def general_table_files(layout: Layout) -> list[Path]:
    """Return the files of the study's tables."""
    return table_files(layout, TABLES)


def general_claim_files(layout: Layout) -> list[Path]:
    """Return the files of the study's checked claims."""
    return claim_files(layout, CLAIMS)


def general_figure_files(settings: Settings) -> list[Path]:
    """Return the files of the figures that a configuration makes."""
    return figure_files(Layout.from_settings(settings), general_figure_names(settings))


def general_figure_names(settings: Settings | ReportParams) -> list[str]:
    """Return the names of the study's figures that a configuration makes, sorted; none without the study.

    Sheets of the nearest faces are made where a licence allows some target's faces to be shown; curves of
    the size of h_G where sizes are swept.
    """
    if settings.general is None:
        return []
    left_out = set()
    if not shown_datasets(settings.general, settings.datasets):
        left_out.add("general_retrieval")
    if not sizes_swept(settings.general):
        left_out.add("general_size")
    return [name for name in FIGURES if name not in left_out]


def solved_jobs(general: GeneralSettings) -> list[tuple[str, str]]:
    """Return the jobs that left predictions, in the order of their files: task, and folder or `SEARCH`."""
    return [
        (item.name, job)
        for item in general_tasks(general)
        for job in [*prediction_folders(general, item), *([SEARCH] if item.role == "target" else [])]
    ]


def extracted_shards(params: ReportParams) -> list[tuple[str, str, int]]:
    """Return the shards of source embeddings of D_unsup and the targets: data set, encoder, number."""
    general = params.general
    learnt = [target.trained_on for target in general.targets.values() if target.trained_on]
    names = list(dict.fromkeys([*general.unsupervised, *target_datasets(general), *learnt]))
    return [
        (name, encoder, shard)
        for name, encoder in product(names, general.encoders)
        for shard in range(params.datasets[name].shards)
    ]


def evidence_files(params: ReportParams, layout: Layout) -> dict[str, list[Path]]:
    """Return all files that tables, claims and figures read, by what they hold.

    `engram.studies.general.evidence.collect.GeneralEvidence` pairs them with names in the same order.
    """
    general, seeds = params.general, params.seeds
    solved = [
        layout.selection(task) if job == SEARCH else layout.transfer(task, job)
        for task, job in solved_jobs(general)
    ]
    fitted = [layout.fusion(name, seed) for name, seed in product(operators(general), seeds)]
    students = [layout.student(kind, seed) for kind, seed in product(general.students, seeds)]
    return {
        "predictions": [folder / "predictions.parquet" for folder in solved],
        "task_records": [folder / "record.json" for folder in solved],
        "scores": [layout.selection(name) / "scores.parquet" for name in general.targets],
        "reconstruction": [folder / "reconstruction.parquet" for folder in fitted + students],
        "operator_records": [folder / "record.json" for folder in fitted],
        "student_records": [folder / "record.json" for folder in students],
        "extraction_records": [
            layout.embeddings(dataset, encoder) / f"shard-{shard}.json"
            for dataset, encoder, shard in extracted_shards(params)
        ],
        "encoder_records": [layout.encoder(name) / "record.json" for name in general.encoders],
        "face_records": [layout.faces_record(name, GENERAL_CROP) for name in params.datasets],
        "indices": [layout.faces(name, GENERAL_CROP) / "index.parquet" for name in target_datasets(general)],
        "overlap": [layout.general_overlap],
        "neighbours": [layout.views / "neighbours.parquet"],
        "map": [layout.views / "map.parquet"],
    }


def _without(names: tuple[str, ...], files: Mapping[str, list[Path]]) -> dict[str, list[Path]]:
    return {name: paths for name, paths in files.items() if name not in names}
