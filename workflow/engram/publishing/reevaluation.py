"""Predictions made anew from published models and the faces: what a reader of the results can check.

Everything that follows from kept models is made again: the memory study's predictions, embeddings,
reconstruction, representations, and the heads on frozen representations, which learn in seconds.
Networks that were trained on a target are not kept, nor is what decodes the students `mt` and `unic`;
these stay as they were published.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from torch import nn
from tqdm import tqdm

from engram.config import Settings
from engram.core.errors import CheckpointError
from engram.core.files import atomic_path
from engram.core.paths import Layout
from engram.core.records import read_record
from engram.models.backbone_files import load_backbone
from engram.models.fusion_operators import load_operator
from engram.models.student_with_decoder import StudentWithDecoder
from engram.studies.general.extraction import extract_embeddings
from engram.studies.general.fusion import reconstruct
from engram.studies.general.plan import (
    embedding_groups,
    general_datasets,
    general_tasks,
    operators,
    represented_datasets,
)
from engram.studies.general.probe import transfer_frozen
from engram.studies.general.represent import represent_faces
from engram.studies.general.student_job import StudentJob
from engram.studies.general.students import student_errors
from engram.studies.general.unlabelled import UnlabelledFaces
from engram.studies.lineage.trials import datasets_in_use, lineages
from engram.studies.memory.jobs import memory_evaluation
from engram.studies.memory.steps import evaluate_models

__all__ = ["reevaluate"]

#: The student whose embedding the fusing autoencoder decodes.
_DECODED = "unique"


def reevaluate(
    settings: Settings, faces: Layout, published: Layout, target: Layout, *, threads: int, code: str
) -> list[str]:
    """Make the predictions of both studies anew, as far as they follow from published models.

    Parameters
    ----------
    settings
        That the published results were made with.
    faces
        Of the results that hold stored faces and splits.
    published
        Of the published models; nothing is written there.
    target
        Where predictions go, under the names that published ones have.
    threads
        Threads of this job; those of the published run give its very bytes on the same machine.
    code
        Hash of the code that runs, for the records.

    Returns
    -------
    list of str
        The files that were made, relative to ``target``.

    Raises
    ------
    EngramError
        If a model, faces or a split is missing or does not fit.
    """
    _link(settings, faces, published, target)
    made = [*_memory(settings, target, threads, code), *_general(settings, target, threads, code)]
    _tidy(target)
    return [path.relative_to(target.root).as_posix() for path in made]


def _memory(settings: Settings, target: Layout, threads: int, code: str) -> Iterator[Path]:
    evaluation = memory_evaluation(settings, target)
    for name in datasets_in_use(settings):
        inputs, outputs, params = evaluation.fill(dataset=name)
        evaluate_models(inputs, outputs, params, threads=threads, code=code)
        yield target.predictions(name)


def _general(settings: Settings, target: Layout, threads: int, code: str) -> Iterator[Path]:
    general = settings.general
    if general is None:
        return
    for name, names in product(general_datasets(settings), embedding_groups(general).values()):
        for shard in range(settings.datasets[name].shards):
            extract_embeddings(name, shard, names, settings, target, threads=threads, code=code)
    yield from _operators(settings, target, threads)
    for seed in settings.seeds if _DECODED in general.students else []:
        yield _student(seed, settings, target, threads)
    for name in represented_datasets(general):
        represent_faces(name, settings, target, threads=threads, code=code)
    for item in tqdm(general_tasks(general), desc="frozen transfer", unit="knowledge"):
        transfer_frozen(item.name, settings, target, threads=threads, code=code)
        yield target.transfer(item.name, "frozen") / "predictions.parquet"


def _operators(settings: Settings, target: Layout, threads: int) -> Iterator[Path]:
    unlabelled = UnlabelledFaces.open(settings, target, threads)
    for name, seed in product(operators(settings.general), settings.seeds):
        folder = target.fusion(name, seed)
        operator = load_operator(folder / "model.safetensors", unlabelled.encoders)
        table = reconstruct(operator, name, seed, unlabelled)
        with atomic_path(folder / "reconstruction.parquet") as temporary:
            table.to_parquet(temporary, index=False)
        yield folder / "reconstruction.parquet"


def _student(seed: int, settings: Settings, target: Layout, threads: int) -> Path:
    folder = target.student(_DECODED, seed)
    job = StudentJob.open(_DECODED, seed, settings, target, threads)
    backbone = load_backbone(folder / "model.safetensors")
    pupil = job.device.place(StudentWithDecoder(backbone.network, nn.Identity()))
    length = read_record(folder / "record.json").metrics["h_g_length"]
    with atomic_path(folder / "reconstruction.parquet") as temporary:
        student_errors(job, pupil, length).to_parquet(temporary, index=False)
    return folder / "reconstruction.parquet"


def _link(settings: Settings, faces: Layout, published: Layout, target: Layout) -> None:
    """Let the target's folder have faces and models where the jobs look for them.

    File by file: what jobs write beside a model is written in the target's own folders.
    """
    _link_one(faces.root / "data", target.root / "data", "Prepare the faces: snakemake reevaluate.")
    pull = (
        f"Pull the published models again: dvc pull {published.root}. The folder 'results' of a bundle has "
        "no models, and cannot be evaluated anew."
    )
    for lineage, seed in product(lineages(settings.memory), settings.seeds):
        _link_one(published.model(lineage, seed), target.model(lineage, seed), pull)
    if settings.general is None:
        return
    folders = [
        layout_folder
        for seed in settings.seeds
        for layout_folder in (
            *(published.fusion(name, seed) for name in operators(settings.general)),
            *(published.student(kind, seed) for kind in settings.general.students),
        )
    ]
    encoders = [
        published.encoder(name)
        for name, encoder in settings.general.encoders.items()
        if encoder.imported is None
    ]
    for folder in [*folders, *encoders]:
        for name in ("model.safetensors", "record.json"):
            _link_one(folder / name, target.root / folder.relative_to(published.root) / name, pull)


def _link_one(source: Path, place: Path, way_out: str) -> None:
    if not source.exists():
        raise CheckpointError(f"{source} is missing. {way_out}")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(source.resolve(), target_is_directory=source.is_dir())


def _tidy(target: Layout) -> None:
    """Leave the predictions and their records: no links, and no arrays that can be made again."""
    for path in sorted(target.root.rglob("*"), reverse=True):
        if path.is_symlink():
            path.unlink()
    for name in ("embeddings", "representations"):
        shutil.rmtree(target.general / name, ignore_errors=True)
