"""How many steps of which networks the memory study's jobs take, from their own parameters; torch-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from engram.config import RecipeSettings, Settings
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.studies.lineage.jobs import EvaluationParams
from engram.studies.memory.jobs.stages import MemoryStageParams
from engram.training.workload import FORWARD_BATCH, DataSize, Network, Work, Workload

__all__ = ["evaluation_work", "stage_work", "vgg"]

#: Bytes of a prediction with its scores and names.
_PREDICTION = 120


def stage_work(params: MemoryStageParams, sizes: Mapping[str, DataSize]) -> Work:
    """Return the stages of a job; every face is taken to be detected."""
    work = Work()
    for lineage in map(Lineage.parse, params.lineages):
        for _ in params.seeds:
            work += _stage(lineage, params, sizes)
    return work.shared(params.compute.processes)


def _stage(lineage: Lineage, params: MemoryStageParams, sizes: Mapping[str, DataSize]) -> Work:
    """Return the last stage of a lineage, of one seed: each of its candidates, one of which is kept."""
    candidates = params.recipes[lineage.stage.recipe].candidates()
    work = Work()
    for number, recipe in enumerate(candidates):
        work += _candidate(lineage, recipe, params, sizes, first=number == 0)
    return work


def _candidate(
    lineage: Lineage,
    recipe: RecipeSettings,
    params: MemoryStageParams,
    sizes: Mapping[str, DataSize],
    *,
    first: bool,
) -> Work:
    """Return a stage by a recipe of single values; only of the ``first`` a model is written."""
    stage = lineage.stage
    task = params.tasks[stage.datasets[0]]
    train = sum(_fraction(sizes[part.dataset].train, part.percent / 100) for part in stage.data)
    validation = sum(sizes[part.dataset].validation for part in stage.data)
    for name in lineage.earlier_datasets if recipe.replay else ():
        if params.tasks[name] == task:
            train += _fraction(sizes[name].train, recipe.weight("replay"))
            validation += _fraction(sizes[name].validation, recipe.weight("replay"))
    arguments = params.network_arguments()
    network = vgg(arguments, task, recipe.layers)
    training = Workload.training(network, train, recipe, models=int(first))
    # The accuracy on every data set that the lineage has seen, before training and after each epoch.
    seen = sorted({*stage.datasets, *lineage.earlier_datasets})
    seen = seen if len(seen) > 1 or lineage.parent else []
    observed = sum(sizes[name].validation for name in seen)
    workloads = [Workload.forward(network, validation, times=recipe.epochs)]
    if seen:
        workloads.append(Workload.forward(network, observed, times=recipe.epochs + 1))
    if recipe.layers != "all":
        frozen, cached = vgg(arguments, task, recipe.layers, "frozen"), recipe.caches_features
        augmentations, passes = (recipe.augmentations, 1) if cached else (recipe.epochs, recipe.epochs)
        workloads += [
            Workload.forward(frozen, train, times=augmentations),
            Workload.forward(frozen, validation, times=passes),
            *([Workload.forward(frozen, observed)] if seen else []),
        ]
        kept = observed + (augmentations * train + validation if cached else 0)
        training = training.model_copy(update={"cached": kept})
    if recipe.distillation:
        # The parent's forward pass on each batch.
        workloads.append(training.model_copy(update={"learns": False, "models": 0, "cached": 0}))
    if recipe.elastic and first:
        # All candidates share it.
        steps = -(-recipe.fisher_samples // FORWARD_BATCH)
        workloads.append(Workload(network=network, batch=FORWARD_BATCH, steps=steps))
    return Work(workloads=[training, *workloads])


def evaluation_work(params: EvaluationParams, settings: Settings, sizes: Mapping[str, DataSize]) -> Work:
    """Return the predictions of all models of all seeds on a data set's test faces."""
    arguments = MemoryStageParams.from_settings(settings, [], []).network_arguments()
    seeds, faces = len(params.seeds), sizes[params.dataset].test
    folds = Counter(Lineage.parse(name).pooled for name in params.lineages)
    held = len(folds) * seeds * faces * _PREDICTION
    network = vgg(arguments, params.task, "all")
    # The models of a lineage's folds share the faces.
    workloads = [
        Workload.forward(network, -(-faces // models), times=models * number * seeds)
        for models, number in sorted(Counter(folds.values()).items())
    ]
    return Work(workloads=workloads, arrays=held, disk=held)


def _fraction(faces: int, fraction: float) -> int:
    return max(1, round(faces * fraction))


def vgg(arguments: Mapping[str, object], task: str, layers: str, part: str = "learning") -> Network:
    """Return the part of the network that learns when ``layers`` are trained, or the part that is frozen.

    Parameters
    ----------
    arguments
        Those of `engram.models.vgg.VGG`.
    """
    shape = {**arguments, "heads": {task: len(CLASSES[task])}}
    return Network(kind="vgg", settings={"shape": shape, "layers": layers, "part": part})
