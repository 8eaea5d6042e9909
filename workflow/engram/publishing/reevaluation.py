"""Predictions made anew from published models, faces and texts: what a reader of the results can check.

The predictions of both studies of lineages follow from kept models; so do embeddings, representations, and
the heads on frozen representations, which learn in seconds. Networks that were trained on a target are not
kept; their predictions stay as they were published, and so do errors of reconstruction.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engram.config import GeneralSettings, Settings
from engram.core.errors import CheckpointError
from engram.core.paths import Layout
from engram.publishing.inputs import studies
from engram.runtime.job_spec import JobSpec
from engram.studies.entities.evaluate_step import evaluate_text_models
from engram.studies.entities.jobs.stages import entities_evaluation, evaluated_texts
from engram.studies.general.encoders.extraction import extract_embeddings
from engram.studies.general.jobs.pipeline import extraction_jobs, represent_job
from engram.studies.general.jobs.task_steps import probe_step
from engram.studies.general.jobs.tasks import fill_task_job
from engram.studies.general.plan import general_datasets, represented_datasets
from engram.studies.general.representations.represent import represent_faces
from engram.studies.general.targets.solve import run_steps
from engram.studies.general.task_plan import general_tasks
from engram.studies.lineage.trials import datasets_in_use
from engram.studies.memory.evaluate_step import evaluate_models
from engram.studies.memory.jobs.stages import memory_evaluation

__all__ = ["reevaluate"]

#: Evaluates all models of a study on one data set.
_Evaluate = Callable[..., None]


def reevaluate(
    settings: Settings, data: Layout, published: Layout, target: Layout, *, threads: int, code: str
) -> list[str]:
    """Make the predictions of all studies anew, as far as they follow from published models.

    Parameters
    ----------
    settings
        That the published results were made with.
    data
        Of the results that hold stored faces, stored texts and splits.
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
        If a model, faces, a text or a split is missing or does not fit.
    """
    _link(settings, data, published, target)
    # The jobs' files lie below the target.
    here = settings.model_copy(update={"results": str(target.root)})
    run = {"threads": threads, "code": code}
    names = datasets_in_use(here)
    made = list(_evaluations(memory_evaluation(here, target), names, evaluate_models, run))
    if here.general is not None:
        made += _general(here, here.general, run)
    if here.entities is not None:
        names = evaluated_texts(here, target)
        made += _evaluations(entities_evaluation(here, target), names, evaluate_text_models, run)
    _tidy(target)
    return [path.relative_to(target.root).as_posix() for path in made]


def _evaluations(
    spec: JobSpec, names: Iterable[str], evaluate: _Evaluate, run: dict[str, Any]
) -> Iterator[Path]:
    for name in names:
        inputs, outputs, params = spec.fill(dataset=name)
        evaluate(inputs, outputs, params, **run)
        yield outputs.predictions[0]


def _general(settings: Settings, general: GeneralSettings, run: dict[str, Any]) -> Iterator[Path]:
    for job, name in product(extraction_jobs(settings), general_datasets(settings)):
        for shard in range(settings.datasets[name].shards):
            extract_embeddings(*job.fill(dataset=name, shard=shard), **run)
    job = represent_job(settings)
    for name in represented_datasets(general):
        represent_faces(*job.fill(dataset=name), **run)
    for task in tqdm(general_tasks(general), desc="probes", unit="task"):
        inputs, outputs, params = fill_task_job(settings, task.name, probe_step(general, task))
        run_steps(inputs, outputs, params, **run)
        yield outputs.probe[0]


def _link(settings: Settings, data: Layout, published: Layout, target: Layout) -> None:
    """Let the target's folder have data and models, with their records, where the jobs look for them.

    File by file: what jobs write beside a model is written in the target's own folders.
    """
    _link_one(data.root / "data", target.root / "data", "Prepare the data: snakemake reevaluate.")
    pull = (
        f"Pull the published models again: dvc pull {published.root}. The folder 'results' of a bundle has "
        "no models, and cannot be evaluated anew."
    )
    for study in studies(settings.model_copy(update={"results": str(published.root)})):
        for model in study.models:
            for path in (model, model.with_name("record.json")):
                _link_one(path, target.root / path.relative_to(published.root), pull)


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
