"""The plans of the jobs up to frozen representations: what each reads, writes and depends on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engram.config import Settings
from engram.runtime.job_spec import JobSpec
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.pipeline_params import (
    CheckParams,
    EncoderParams,
    ExtractionParams,
    OperatorParams,
    ProjectionParams,
    RepresentParams,
    StudentParams,
)
from engram.studies.general.methods import MAIN_STUDENT, STUDENTS
from engram.studies.general.operators import FUSED, fusion_operators
from engram.studies.general.plan import embedding_groups, represented
from engram.studies.general.settings import general_settings

__all__ = [
    "check_job",
    "encoder_job",
    "extraction_job",
    "extraction_jobs",
    "operator_job",
    "operator_jobs",
    "projection_job",
    "represent_job",
    "student_job",
]

MODEL, RECORD, ERRORS = "model.safetensors", "record.json", "reconstruction.parquet"


def encoder_job(settings: Settings) -> JobSpec:
    """Return the training of a source encoder, wildcard ``encoder``."""
    files, encoders = GeneralFiles.from_settings(settings), general_settings(settings).encoders
    folder = files.layout.encoder("{encoder}")
    return JobSpec(
        name="train_encoder",
        inputs={
            "faces": lambda wildcards: files.faces(files.training_dataset(wildcards.encoder)),
            "split": lambda wildcards: files.split(files.training_dataset(wildcards.encoder)),
        },
        outputs={"model": folder / MODEL, "record": folder / RECORD},
        log=files.layout.logs / "train_encoder/{encoder}.log",
        params=lambda wildcards: EncoderParams.from_settings(settings, wildcards.encoder),
        priority=20,
        wildcards={"encoder": _one_of([name for name, chosen in encoders.items() if not chosen.imported])},
    )


def check_job(settings: Settings, asked: set[str] | None = None) -> JobSpec:
    """Return the check of an imported encoder, wildcard ``encoder``.

    Parameters
    ----------
    asked
        Takes the name of each encoder that is to be checked.
    """
    files, encoders = GeneralFiles.from_settings(settings), general_settings(settings).encoders

    def file(wildcards: Any) -> list[Path]:
        if asked is not None:
            asked.add(wildcards.encoder)
        return files.encoders([wildcards.encoder])

    return JobSpec(
        name="check_encoder",
        inputs={"file": file},
        outputs={"record": files.layout.encoder("{encoder}") / RECORD},
        log=files.layout.logs / "check_encoder/{encoder}.log",
        params=lambda wildcards: CheckParams.from_settings(settings, wildcards.encoder),
        wildcards={"encoder": _one_of([name for name, chosen in encoders.items() if chosen.imported])},
    )


def extraction_jobs(settings: Settings) -> list[JobSpec]:
    """Return the extraction of a shard, wildcards ``dataset`` and ``shard``: a job for each input size.

    A job reads each face once for all encoders of that size.
    """
    groups = embedding_groups(general_settings(settings))
    return [extraction_job(settings, name, encoders) for name, encoders in groups.items()]


def extraction_job(settings: Settings, group: str, encoders: list[str]) -> JobSpec:
    """Return the extraction of a shard by some encoders that share an input size."""
    files = GeneralFiles.from_settings(settings)
    folders = [files.layout.embeddings("{dataset}", name) for name in encoders]
    (stored,) = {files.general.encoders[name].stored for name in encoders}
    return JobSpec(
        name=f"extract_embeddings_{group}",
        inputs={
            "faces": lambda wildcards: files.faces(wildcards.dataset, stored),
            "encoders": files.encoders(encoders),
            "records": files.encoder_records(encoders),
        },
        outputs={
            "embeddings": [folder / "shard-{shard}.npy" for folder in folders],
            "records": [folder / "shard-{shard}.json" for folder in folders],
        },
        log=files.layout.logs / "extract_embeddings" / group / "{dataset}-{shard}.log",
        params=lambda wildcards: ExtractionParams.from_settings(
            settings, wildcards.dataset, int(wildcards.shard), encoders
        ),
        priority=15,
        wildcards={"shard": "[0-9]+"},
    )


def operator_jobs(settings: Settings) -> list[JobSpec]:
    """Return the fitting of operators: for each group of operators a job for each batch of seeds."""
    size, seeds = settings.compute.seeds_per_job, settings.seeds_of("general")
    batches = [seeds[start : start + size] for start in range(0, len(seeds), size)]
    return [
        operator_job(settings, group, names, seeds)
        for group, names in _operator_groups(settings).items()
        for seeds in batches
    ]


def _operator_groups(settings: Settings) -> dict[str, list[str]]:
    """Return the operators that one job fits, by the job's name."""
    known = fusion_operators(general_settings(settings))
    if settings.compute.job == "stage":
        return {name: [name] for name in known}
    groups = {
        "operators": [name for name, operator in known.items() if operator.size is None],
        "sizes": [name for name, operator in known.items() if operator.size is not None],
    }
    return {group: names for group, names in groups.items() if names}


def operator_job(settings: Settings, group: str, names: list[str], seeds: list[int]) -> JobSpec:
    """Return the fitting of some operators for some seeds; the job is named after ``group`` and seeds."""
    files = GeneralFiles.from_settings(settings)
    batch = "_".join(["seeds", *map(str, seeds)])
    return JobSpec(
        name=f"fit_operators_{group}_{batch}",
        inputs=_unlabelled_inputs(files),
        outputs={
            "models": files.operators(names, seeds, MODEL),
            "records": files.operators(names, seeds, RECORD),
            "reconstruction": files.operators(names, seeds, ERRORS),
        },
        log=files.layout.logs / "fit_operators" / group / f"{batch}.log",
        params=OperatorParams.from_settings(settings, names, seeds),
        # The sweep is for one figure; students wait for the others.
        priority=5 if group == "sizes" else 14,
    )


def student_job(settings: Settings) -> JobSpec:
    """Return the training of a student, wildcards ``kind`` and ``seed``."""
    files = GeneralFiles.from_settings(settings)
    folder = files.layout.student("{kind}", "{seed}")
    return JobSpec(
        name="train_student",
        inputs={
            **_unlabelled_inputs(files),
            "operator": lambda wildcards: (
                files.layout.fusion(STUDENTS[wildcards.kind].operator, wildcards.seed) / MODEL
            ),
        },
        outputs={"model": folder / MODEL, "record": folder / RECORD, "reconstruction": folder / ERRORS},
        log=files.layout.logs / "train_student/{kind}-{seed}.log",
        params=lambda wildcards: StudentParams.from_settings(settings, wildcards.kind, int(wildcards.seed)),
        priority=12,
        wildcards={"kind": _one_of(general_settings(settings).students), "seed": "[0-9]+"},
    )


def represent_job(settings: Settings) -> JobSpec:
    """Return the writing of a data set's frozen representations, wildcard ``dataset``."""
    files, found = GeneralFiles.from_settings(settings), represented(general_settings(settings))
    folder = files.layout.representations("{dataset}")
    return JobSpec(
        name="represent_faces",
        inputs={
            "faces": lambda wildcards: files.faces(wildcards.dataset),
            "embeddings": lambda wildcards: files.embeddings(wildcards.dataset),
            "models": [
                each.model(files.layout, seed) for each in found for seed in settings.seeds_of("general")
            ],
        },
        outputs={"arrays": [folder / f"{each.name}.npy" for each in found], "record": folder / RECORD},
        log=files.layout.logs / "represent_faces/{dataset}.log",
        params=lambda wildcards: RepresentParams.from_settings(settings, wildcards.dataset),
        priority=8,
    )


def projection_job(settings: Settings) -> JobSpec:
    """Return the search for nearest faces and the map of faces, which figures show."""
    files, params = GeneralFiles.from_settings(settings), ProjectionParams.from_settings(settings)
    return JobSpec(
        name="general_views",
        inputs={
            "faces": [path for name in params.datasets for path in files.faces(name)],
            "splits": [files.split(name) for name in params.datasets],
            "fused": [files.representation(name, FUSED.representation) for name in params.datasets],
            "students": [files.representation(name, MAIN_STUDENT.representation) for name in params.shown],
        },
        outputs={
            "neighbours": files.layout.views / "neighbours.parquet",
            "map": files.layout.views / "map.parquet",
            "record": files.layout.views / RECORD,
        },
        log=files.layout.logs / "general_views.log",
        params=params,
    )


def _unlabelled_inputs(files: GeneralFiles) -> dict[str, Any]:
    names = files.general.unsupervised
    return {
        "embeddings": [path for name in names for path in files.embeddings(name)],
        "faces": [path for name in names for path in files.faces(name)],
        "splits": [files.split(name) for name in names],
    }


def _one_of(names: Sequence[str]) -> str:
    """Return the pattern of a wildcard that stands for one of ``names``; of none it matches nothing."""
    return "|".join(names) or "(?!)"
