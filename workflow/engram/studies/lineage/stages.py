"""Train stages of lineages: the step behind every model."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from engram.config import Settings
from engram.core.errors import ConfigurationError
from engram.core.files import file_hash
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.models.files import load_model, save_model
from engram.models.vgg import VGG
from engram.studies.lineage.stage_job import StageJob
from engram.training.batches import (
    CachedBatches,
    ImageBatches,
    cache_features,
    plain_batches,
    plain_features,
)
from engram.training.checkpoints import Checkpoint, State
from engram.training.labelled_faces import Subset
from engram.training.loop import fit
from engram.training.objectives import ClassificationTask, Distillation, Elastic, fisher_information

__all__ = ["train_stages"]

#: Faces behind the Fisher information: its diagonal is a mean and settles early.
_FISHER_FACES = 256


def train_stages(
    lineages: Sequence[str],
    seeds: Sequence[int],
    settings: Settings,
    layout: Layout,
    *,
    threads: int,
    code: str,
) -> None:
    """Train the last stage of each lineage from its parent's model; write models and records.

    Parameters
    ----------
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
        _train(StageJob.open(lineage, seed, settings, layout, threads), code)
        for lineage in map(Lineage.parse, lineages)
        for seed in seeds
    ]
    # Not before: where a job is killed, the stages that it has trained are not trained again.
    for checkpoint in checkpoints:
        checkpoint.remove()


def _train(job: StageJob, code: str) -> Checkpoint:
    """Train a stage unless an earlier job has; write model and record; return what is left in scratch."""
    started = time.perf_counter()
    lineage, seed, layout = job.lineage, job.seed, job.layout
    record = _record(job, code)
    team = job.device.team
    checkpoint = Checkpoint(
        layout.scratch(lineage, seed), record.fingerprint(), job.settings.compute.checkpoint_seconds, team
    )
    made = [layout.model(lineage, seed), layout.model_record(lineage, seed)]
    if checkpoint.give_back(made):
        return checkpoint
    network = job.network()
    training, validation = job.subsets()
    prepared = time.perf_counter()
    state = _fit(job, network, training, validation, checkpoint)
    trained = time.perf_counter()
    record.history = state.history
    record.metrics = {**state.best(), "training_faces": len(training), "validation_faces": len(validation)}
    record.timings = {"prepare": prepared - started, "train": trained - prepared}
    if team.leads:
        save_model(made[0], network)
        write_record(made[1], record)
    checkpoint.keep(made)
    team.wait()
    return checkpoint


def _record(job: StageJob, code: str) -> Record:
    parent = job.lineage.parent
    return Record(
        kind="training",
        name=str(job.lineage),
        seed=job.seed,
        settings={
            "recipe": job.recipe.model_dump(mode="json"),
            "network": job.settings.memory.network.model_dump(mode="json"),
        },
        code=code,
        data={name: store.hash for name, store in job.stores.items()},
        splits={name: split.hash for name, split in job.splits.items()},
        parent=file_hash(job.layout.model(parent, job.seed)) if parent else None,
        environment=job.device.environment(),
    )


def _fit(job: StageJob, network: VGG, training: Subset, validation: Subset, checkpoint: Checkpoint) -> State:
    recipe, device = job.recipe, job.device
    depth = network.frozen_depth(recipe.layers)
    network.freeze(depth)
    device.place(network)
    task = ClassificationTask(network, job.task, depth, _distillation(job, depth), _elastic(job, network))
    if depth:
        batches, plain = _cached(job, network, depth, training, validation, checkpoint)
    else:
        batches = ImageBatches(training, recipe.batch_size, recipe.augment, job.stream, team=device.team)
        plain = lambda: plain_batches(validation, team=device.team)  # noqa: E731 - the loop wants a callable
    title = f"{job.lineage} (seed {job.seed})"
    return fit(
        task, batches, plain, recipe, device=device, seed=job.stream, checkpoint=checkpoint, title=title
    )


def _cached(
    job: StageJob,
    network: VGG,
    depth: int,
    training: Subset,
    validation: Subset,
    checkpoint: Checkpoint,
):
    """Return batches and validation that start behind the frozen layers, computed once."""
    recipe = job.recipe
    features = cache_features(
        checkpoint.folder / "training.npy",
        network,
        depth,
        training,
        views=min(recipe.views, recipe.epochs),
        settings=recipe.augment,
        seed=job.stream,
        device=job.device,
    )
    plain = cache_features(
        checkpoint.folder / "validation.npy",
        network,
        depth,
        validation,
        views=1,
        settings=None,
        seed=job.stream,
        device=job.device,
    )
    team = job.device.team
    batches = CachedBatches(features, training.labels, recipe.batch_size, job.stream, team)
    return batches, lambda: plain_features(plain, validation.labels, team)


def _distillation(job: StageJob, depth: int) -> Distillation | None:
    if not job.recipe.distillation:
        return None
    parent = job.device.place(load_model(_parent_path(job, "distillation")))
    return Distillation(parent, job.recipe.distillation, job.recipe.temperature, depth)


def _elastic(job: StageJob, network: VGG) -> Elastic | None:
    if not job.recipe.elastic:
        return None
    _parent_path(job, "elastic")
    if not job.rehearsable():
        raise ConfigurationError(
            f"recipe '{job.lineage.stage.recipe}': no earlier stage of '{job.lineage}' learnt '{job.task}'."
        )
    generator = torch.Generator().manual_seed(derive_seed(job.stream, "fisher labels"))
    faces = job.earlier_faces(_FISHER_FACES)
    batches = ((job.device.send(images), labels) for images, labels in plain_batches(faces))
    return Elastic(network, fisher_information(network, job.task, batches, generator), job.recipe.elastic)


def _parent_path(job: StageJob, setting: str):
    if job.lineage.parent is None:
        raise ConfigurationError(
            f"recipe '{job.lineage.stage.recipe}': '{setting}' holds a stage to its parent, "
            f"but '{job.lineage}' has none."
        )
    return job.layout.model(job.lineage.parent, job.seed)
