"""Train stages of lineages: the step behind every model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pandas as pd

from engram.core.files import atomic_path, file_hash
from engram.core.lineage import Lineage
from engram.core.records import Record, write_record
from engram.runtime.job_spec import NamedFiles
from engram.studies.lineage.candidates import Trained, choose
from engram.studies.lineage.curves import test_scores, validation_scores
from engram.studies.lineage.jobs import StageParams, parents_of
from engram.studies.lineage.protocols import Learner, Modality
from engram.studies.lineage.stage_job import StageFiles, StageJob
from engram.training.checkpoints import Checkpoint
from engram.training.distributed import barrier, is_main
from engram.training.loop import fit

__all__ = ["train_lineages"]


def train_lineages(
    inputs: NamedFiles,
    outputs: NamedFiles,
    params: StageParams,
    modality: Modality,
    *,
    threads: int,
    code: str,
) -> None:
    """Train the last stage of each lineage from its parent's model; write models and records.

    Parameters
    ----------
    inputs
        ``stores`` (in the order of ``params.tasks``), ``splits`` (the same) and ``parents`` (sorted, for
        every seed).
    outputs
        ``models`` and ``records``, in the order of lineages, then seeds; of a study that keeps scores on test
        subsets by epoch also ``epochs``.
    modality
        The study's samples and networks.
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If data, parents or settings do not fit together, a loss diverges, or the job was asked to stop.
    """
    checkpoints = [
        _train(StageJob.load(lineage, seed, params, files, modality, threads), code)
        for (lineage, seed), files in _stage_files(inputs, outputs, params).items()
    ]
    # Not before: if the job is killed, the next one need not train these stages again.
    for checkpoint in checkpoints:
        checkpoint.remove()


def _stage_files(
    inputs: NamedFiles, outputs: NamedFiles, params: StageParams
) -> dict[tuple[Lineage, int], StageFiles]:
    """Return the files of every model that the job trains, by lineage and seed."""
    lineages = list(map(Lineage.parse, params.lineages))
    folders = dict.fromkeys(Path(file).parent for file in inputs.stores)
    stores = dict(zip(params.tasks, folders, strict=True))
    splits = dict(zip(params.tasks, map(Path, inputs.splits), strict=True))
    models = product(parents_of(lineages), params.seeds)
    parents = dict(zip(models, map(Path, inputs.parents), strict=True))
    epochs = getattr(outputs, "epochs", [None] * len(outputs.models))
    made = zip(outputs.models, outputs.records, epochs, strict=True)
    return {
        (lineage, seed): StageFiles(
            stores,
            splits,
            parents[lineage.parent, seed] if lineage.parent else None,
            Path(model),
            Path(record),
            params.layout.scratch(lineage, seed),
            Path(curve) if curve else None,
        )
        for (lineage, seed), (model, record, curve) in zip(product(lineages, params.seeds), made, strict=True)
    }


def _train(job: StageJob, code: str) -> Checkpoint:
    """Train a stage unless an earlier job has; write model and record; return what is left in scratch."""
    started = time.perf_counter()
    record = _record(job, code)
    unit = job.modality.unit
    checkpoint = Checkpoint(job.files.scratch, record.fingerprint(), job.params.compute.checkpoint_seconds)
    made = [job.files.model, job.files.record, *([job.files.epochs] if job.files.epochs else [])]
    if checkpoint.give_back(made):
        return checkpoint
    prepared = time.perf_counter()
    trained, record.candidates = choose(_candidates(job, checkpoint))
    record.timings = {"prepare": prepared - started, "train": time.perf_counter() - prepared}
    state, learning = trained.state, trained.learning
    record.history, record.curves = state.history, [*map(validation_scores, state.curves)]
    record.metrics = {
        **state.best(),
        **learning.sizes,
        **{f"validation_{unit}/{name}": count for name, count in learning.observed.items()},
        **{f"chosen_{name}": float(getattr(trained.job.recipe, name)) for name in job.listed},
    }
    if is_main():
        job.modality.save_network(job.files.model, learning.network)
        if job.files.epochs is not None:
            _write_epochs(job.files.epochs, state.curves)
        write_record(job.files.record, record)
    checkpoint.keep(made)
    barrier()
    return checkpoint


def _record(job: StageJob, code: str) -> Record:
    parent = job.files.parent
    return Record(
        kind="training",
        name=str(job.lineage),
        seed=job.seed,
        settings={
            "recipe": job.recipe.model_dump(mode="json"),
            "network": job.params.network.model_dump(mode="json"),
        },
        code=code,
        data={name: store.hash for name, store in job.stores.items()},
        splits={name: split.hash for name, split in job.splits.items()},
        folds={name: job.lineage.fold_of(name) for name in job.splits if job.lineage.fold_of(name)},
        parent=file_hash(parent) if parent else None,
        environment=job.device.environment(),
    )


def _candidates(job: StageJob, checkpoint: Checkpoint) -> Iterator[Trained]:
    """Train by each recipe of single values, each from a checkpoint of its own."""
    learner, candidates = job.modality.learner(), job.candidates()
    for number, candidate in enumerate(candidates):
        own = checkpoint.inner(f"candidate-{number}") if len(candidates) > 1 else checkpoint
        yield _fit(candidate, learner, own)


def _fit(job: StageJob, learner: Learner, checkpoint: Checkpoint) -> Trained:
    learning = learner.prepare(job, checkpoint.folder)
    values = "".join(f", {name} {getattr(job.recipe, name):g}" for name in job.listed)
    state = fit(
        learning.task,
        learning.batches,
        learning.validation,
        job.recipe,
        device=job.device,
        seed=job.stream,
        checkpoint=checkpoint,
        observe=learning.observe,
        clip=learning.clip,
        averaging=learning.averaging,
        title=f"{job.lineage} (seed {job.seed}{values})",
    )
    return Trained(job, learning, state)


def _write_epochs(path: Path, curves: list[dict[str, float]]) -> None:
    """Write the scores on test subsets: columns epoch, dataset, score (0 to 1)."""
    rows = [
        (int(entry["epoch"]), name, value) for entry in curves for name, value in test_scores(entry).items()
    ]
    with atomic_path(path) as temporary:
        pd.DataFrame(rows, columns=["epoch", "dataset", "score"]).to_parquet(temporary, index=False)
