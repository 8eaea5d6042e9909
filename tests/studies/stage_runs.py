"""Stages and evaluations of the memory study by hand, with the files and parameters that the rules give."""

from functools import partial

from engram.core.lineage import Lineage
from engram.studies.lineage.jobs import stage_spec
from engram.studies.memory.evaluate_step import evaluate_models
from engram.studies.memory.jobs.stages import MemoryStageParams, memory_evaluation, memory_workplace
from engram.studies.memory.train_step import train_stages
from engram.training.launch import launch_step


def in_folder(settings, layout):
    """Return the settings with the layout's folder as that of the results."""
    return settings.model_copy(update={"results": str(layout.root)})


def stage_files(world, names, seeds=(1,)):
    """Return inputs, outputs and parameters of the job that trains some lineages for some seeds."""
    settings, layout = in_folder(*world), world[1]
    params = partial(MemoryStageParams.from_settings, settings)
    members = list(map(Lineage.parse, names))
    return stage_spec(memory_workplace(settings, layout), "family", members, list(seeds), params).fill()


def run_stages(world, names, seeds=(1,), processes=1):
    """Train some lineages for some seeds; each process gets one thread."""
    settings, layout = world
    compute = settings.compute.model_copy(update={"processes": processes})
    world = settings.model_copy(update={"compute": compute}), layout
    launch_step(train_stages, *stage_files(world, names, seeds), threads=processes, code="code")


def run_evaluation(world, dataset, names, seeds=(1,)):
    """Evaluate some models on a data set."""
    settings, layout = in_folder(*world), world[1]
    inputs, outputs, params = memory_evaluation(settings, layout).fill(dataset=dataset)
    inputs.models = [layout.model(name, seed) for name in names for seed in seeds]
    params = params.model_copy(update={"lineages": list(names), "seeds": list(seeds)})
    evaluate_models(inputs, outputs, params, threads=1, code="code")
