"""Train stages of lineages: the step behind every model."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path

import torch

from engram.core.errors import ConfigurationError
from engram.core.files import file_hash
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.runtime.job_spec import NamedFiles
from engram.studies.lineage.jobs import StageParams, parents_of
from engram.studies.lineage.observer import observer
from engram.studies.lineage.protocols import Modality, Network, Samples
from engram.studies.lineage.stage_job import StageFiles, StageJob
from engram.training.checkpoints import Checkpoint, State
from engram.training.classification import ClassificationTask
from engram.training.distributed import barrier, is_main
from engram.training.loop import fit
from engram.training.losses.distillation import Distillation
from engram.training.losses.elastic import Elastic, fisher_information
from engram.training.workload import FISHER_SAMPLES

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
    network = job.network()
    training, validation = job.subsets()
    prepared = time.perf_counter()
    state = _fit(job, network, training, validation, checkpoint)
    trained = time.perf_counter()
    record.history, record.curves = state.history, state.curves
    record.metrics = {
        **state.best(),
        f"training_{unit}": len(training),
        f"validation_{unit}": len(validation),
        **{f"validation_{unit}/{name}": len(part) for name, (_, part) in job.observed().items()},
    }
    record.timings = {"prepare": prepared - started, "train": trained - prepared}
    if is_main():
        job.modality.save_network(job.files.model, network)
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
        parent=file_hash(parent) if parent else None,
        environment=job.device.environment(),
    )


def _fit(
    job: StageJob, network: Network, training: Samples, validation: Samples, checkpoint: Checkpoint
) -> State:
    recipe, device = job.recipe, job.device
    depth = network.frozen_depth(recipe.layers)
    network.freeze(depth)
    device.place(network)
    # Where features are not cached, an epoch begins with the faces, though their layers are frozen.
    start = depth if recipe.caches_features else 0
    task = ClassificationTask(network, job.task, start, _distillation(job, start), _elastic(job, network))
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
    return fit(
        task,
        batches.training,
        batches.validation,
        recipe,
        device=device,
        seed=job.stream,
        checkpoint=checkpoint,
        observe=observer(job, network, depth, checkpoint.folder),
        title=f"{job.lineage} (seed {job.seed})",
    )


def _distillation(job: StageJob, depth: int) -> Distillation | None:
    if not job.recipe.distillation:
        return None
    parent = job.device.place(job.parent("distillation"))
    return Distillation(parent, job.recipe.distillation, job.recipe.temperature, depth)


def _elastic(job: StageJob, network: Network) -> Elastic | None:
    if not job.recipe.elastic:
        return None
    if job.files.parent is None:
        job.parent("elastic")
    if not job.rehearsable():
        raise ConfigurationError(
            f"recipe '{job.lineage.stage.recipe}': no earlier stage of '{job.lineage}' learnt '{job.task}'. "
            "Use the recipe after a stage of the same task."
        )
    generator = torch.Generator().manual_seed(derive_seed(job.stream, "fisher labels"))
    samples = job.modality.plain_batches(job.earlier_samples(FISHER_SAMPLES))
    batches = ((job.device.send(inputs), labels) for inputs, labels in samples)
    return Elastic(network, fisher_information(network, job.task, batches, generator), job.recipe.elastic)
