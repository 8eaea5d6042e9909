"""Train stages of lineages: the step behind every model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from engram.core.files import file_hash
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.records import Record, write_record
from engram.runtime.job_spec import NamedFiles
from engram.studies.lineage.candidates import Trained, choose
from engram.studies.lineage.jobs import StageParams, parents_of
from engram.studies.lineage.observer import observer
from engram.studies.lineage.protocols import Modality
from engram.studies.lineage.stage_job import StageFiles, StageJob
from engram.studies.lineage.terms import Terms
from engram.training.checkpoints import Checkpoint
from engram.training.classification import ClassificationTask
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
        ``models`` and ``records``, in the order of lineages, then seeds.
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
    made = zip(outputs.models, outputs.records, strict=True)
    layout = Layout(Path(params.results))
    return {
        (lineage, seed): StageFiles(
            stores,
            splits,
            parents[lineage.parent, seed] if lineage.parent else None,
            Path(model),
            Path(record),
            layout.scratch(lineage, seed),
        )
        for (lineage, seed), (model, record) in zip(product(lineages, params.seeds), made, strict=True)
    }


def _train(job: StageJob, code: str) -> Checkpoint:
    """Train a stage unless an earlier job has; write model and record; return what is left in scratch."""
    started = time.perf_counter()
    record = _record(job, code)
    unit = job.modality.unit
    checkpoint = Checkpoint(job.files.scratch, record.fingerprint(), job.params.compute.checkpoint_seconds)
    made = [job.files.model, job.files.record]
    if checkpoint.give_back(made):
        return checkpoint
    prepared = time.perf_counter()
    trained, record.candidates = choose(_candidates(job, checkpoint))
    record.timings = {"prepare": prepared - started, "train": time.perf_counter() - prepared}
    state = trained.state
    record.history, record.curves = state.history, state.curves
    record.metrics = {
        **state.best(),
        **trained.sizes,
        **{f"validation_{unit}/{name}": len(part) for name, (_, part) in job.observed().items()},
        **{f"chosen_{name}": float(getattr(trained.job.recipe, name)) for name in job.listed},
    }
    if is_main():
        job.modality.save_network(job.files.model, trained.network)
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
    terms, candidates = Terms(), job.candidates()
    for number, candidate in enumerate(candidates):
        own = checkpoint.inner(f"candidate-{number}") if len(candidates) > 1 else checkpoint
        yield _fit(candidate, terms, own)


def _fit(job: StageJob, terms: Terms, checkpoint: Checkpoint) -> Trained:
    recipe, device, unit = job.recipe, job.device, job.modality.unit
    network = job.network()
    training, validation = job.subsets()
    depth = network.frozen_depth(recipe.layers)
    network.freeze(depth)
    device.place(network)
    # Where features are not cached, an epoch begins with the faces, though their layers are frozen.
    start = depth if recipe.caches_features else 0
    task = ClassificationTask(network, job.task, start, **terms.arguments(job, network, start))
    batches = job.modality.batches(
        network,
        start,
        training,
        validation,
        recipe,
        seed=job.stream,
        device=device,
        scratch=checkpoint.folder,
    )
    values = "".join(f", {name} {getattr(recipe, name):g}" for name in job.listed)
    state = fit(
        task,
        batches.training,
        batches.validation,
        recipe,
        device=device,
        seed=job.stream,
        checkpoint=checkpoint,
        observe=observer(job, network, depth, checkpoint.folder),
        title=f"{job.lineage} (seed {job.seed}{values})",
    )
    sizes = {f"training_{unit}": len(training), f"validation_{unit}": len(validation)}
    return Trained(job, network, state, sizes)
