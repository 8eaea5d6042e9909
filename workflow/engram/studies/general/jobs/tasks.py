"""The jobs that solve the tasks: each runs some steps (subset search, probe, finetune) for one task.

With ``compute.job: stage`` a job runs one step, with ``family`` all steps of its task, where the start of
a process would take longer than what it does. Torch-free: rules import it to plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from engram.config import GeneralSettings, Settings
from engram.core.paths import GENERAL_CROP
from engram.runtime.job_spec import JobFiles, JobSpec
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.task_steps import (
    FinetuneStep,
    ProbeStep,
    SearchStep,
    Step,
    TaskParams,
    find_task,
    finetune_step,
    probe_step,
    search_step,
)
from engram.studies.general.plan import finetune_methods, trainable_encoders
from engram.studies.general.task_plan import GeneralTask, general_tasks

__all__ = ["fill_task_job", "task_jobs"]

_SEARCH_FILES = ("scores.parquet", "predictions.parquet", "choice.json", "record.json")
#: Ends the names of rules for sources on which a network is trained from random weights too.
_SCRATCH = "_scratch"
_SOLVED_FILES = ("predictions.parquet", "record.json")


@dataclass(frozen=True)
class _Kind:
    """Tasks whose jobs run the same steps and write files of the same names."""

    name: str
    tasks: list[GeneralTask]
    steps: Callable[[GeneralTask, str], list[Step]]
    """The steps for a task, and for the method of the wildcard."""
    outputs: Mapping[str, list[Path]]
    priority: int = 0
    methods: tuple[str, ...] = ()
    """The values of the wildcard ``method``, for jobs that train the networks of one method."""


def task_jobs(settings: Settings) -> list[JobSpec]:
    """Return the rules' jobs that solve all tasks, as ``compute.job`` groups the steps."""
    files = GeneralFiles.from_settings(settings)
    kinds = _stages(files) if settings.compute.job == "stage" else _families(files)
    return [_spec(files, kind) for kind in kinds if kind.tasks]


def fill_task_job(settings: Settings, name: str, *steps: Step) -> tuple[JobFiles, JobFiles, TaskParams]:
    """Return the inputs, outputs and parameters of one task's job that runs the given steps."""
    files = GeneralFiles.from_settings(settings)
    task = find_task(files.general, name)
    outputs: dict[str, list[Path]] = {}
    for step in steps:
        outputs |= _outputs(files, step.step, list(getattr(step, "methods", ())))
    kind = _Kind(name, [task], lambda task, method: list(steps), outputs)
    inputs, written, params = _spec(files, kind).fill(task=name)
    assert isinstance(params, TaskParams)
    return inputs, written, params


def _stages(files: GeneralFiles) -> list[_Kind]:
    general = files.general
    tasks = general_tasks(general)
    trained = {task.name: [method.name for method in finetune_methods(general, task)] for task in tasks}
    kinds = [
        _Kind(
            "search_subsets",
            [task for task in tasks if task.role == "target"],
            lambda task, method: [search_step(general, task)],
            _outputs(files, "search"),
            priority=9,
        ),
        _Kind("probe", tasks, lambda task, method: [probe_step(general, task)], _outputs(files, "probe")),
    ]
    for role, chosen in product(("target", "source"), (False, True)):
        solved = [task for task in tasks if task.role == role and _scratch(general, task) == chosen]
        kinds.append(
            _Kind(
                f"finetune_{role}{_SCRATCH * chosen}",
                solved,
                lambda task, method: [finetune_step(general, task, [method])],
                _outputs(files, "finetune", ["{method}"]),
                priority=7,
                methods=tuple(trained[solved[0].name]) if solved else (),
            )
        )
    return kinds


def _scratch(general: GeneralSettings, task: GeneralTask) -> bool:
    """Return whether a task is a source on which a network is trained from random weights too."""
    return task.encoder is not None and general.encoders[task.encoder].scratch


def _families(files: GeneralFiles) -> list[_Kind]:
    """Return a kind of job for targets and one for sources.

    A task that leaves out subject after subject takes longest and comes first: no core waits for it.
    """
    general = files.general
    targets = [task for task in general_tasks(general) if task.role == "target"]
    sources = [task for task in general_tasks(general) if task.role == "source"]
    scratch = [task for task in sources if _scratch(general, task)]
    long = [task for task in targets if task.protocol == "leave_one_out"]
    kinds = []
    for name, tasks, priority in (
        ("solve_subjects", long, 9),
        ("solve_target", [task for task in targets if task not in long], 7),
        ("solve_source", [task for task in sources if task not in scratch], 7),
        (f"solve_source{_SCRATCH}", scratch, 7),
    ):
        outputs = {} if name.startswith("solve_source") else _outputs(files, "search")
        outputs |= _outputs(files, "probe")
        if tasks:
            methods = [method.name for method in finetune_methods(general, tasks[0])]
            outputs |= _outputs(files, "finetune", methods)
        kinds.append(_Kind(name, tasks, lambda task, method: _all_steps(general, task), outputs, priority))
    return kinds


def _all_steps(general: GeneralSettings, task: GeneralTask) -> list[Step]:
    search = [search_step(general, task)] if task.role == "target" else []
    return [*search, probe_step(general, task), finetune_step(general, task)]


def _outputs(files: GeneralFiles, step: str, methods: Sequence[str] = ()) -> dict[str, list[Path]]:
    """Return what a step writes for the task of the wildcard, by the step's name."""
    if step == "search":
        return {step: [files.layout.selection("{task}") / name for name in _SEARCH_FILES]}
    folders = ["frozen"] if step == "probe" else methods
    return {
        step: [files.layout.transfer("{task}", folder) / name for folder in folders for name in _SOLVED_FILES]
    }


def _spec(files: GeneralFiles, kind: _Kind) -> JobSpec:
    settings, tasks = files.settings, {task.name: task for task in kind.tasks}
    names = ["faces", "split", "embeddings", "representations", "represented", "own", "students"]
    names += ["encoders", "crops", "choice"]
    names += ["learnt_faces", "learnt_split", "learnt_embeddings", "learnt_representations", "learnt_crops"]

    @cache
    def steps(task: str, method: str) -> list[Step]:
        return kind.steps(tasks[task], method)

    @cache
    def inputs(task: str, method: str) -> dict[str, Any]:
        return _inputs(files, tasks[task], steps(task, method))

    def find(name: str) -> Callable[[Any], Path | list[Path]]:
        return lambda wildcards: inputs(*_values(wildcards)).get(name, [])

    def params(wildcards: Any) -> TaskParams:
        task, method = _values(wildcards)
        return TaskParams(
            results=settings.results,
            compute=settings.compute,
            task=tasks[task].solved(),
            seeds=settings.seeds_of("general"),
            steps=steps(task, method),
            unsolvable=files.general.unsolvable,
        )

    constraints = {"task": "|".join(tasks)}
    log = Path(kind.name, "{task}.log")
    if kind.methods:
        constraints["method"] = "|".join(kind.methods)
        log = Path(kind.name, "{task}-{method}.log")
    return JobSpec(
        kind.name,
        {name: find(name) for name in names},
        kind.outputs,
        files.layout.logs / log,
        params,
        priority=kind.priority,
        threads=settings.compute.processes if kind.methods else 1,
        wildcards=constraints,
    )


def _values(wildcards: Any) -> tuple[str, str]:
    """Return the wildcards' task and method; no method where the files have none."""
    return wildcards.task, getattr(wildcards, "method", "")


def _inputs(files: GeneralFiles, task: GeneralTask, steps: Sequence[Step]) -> dict[str, Any]:
    """Return what a job of these steps reads, by name."""
    found = {"faces": files.faces(task.dataset), "split": files.split(task.dataset)}
    for step in steps:
        found |= _INPUTS[step.step](files, task, step)
    if task.trained_on is not None:
        found |= _learnt_inputs(files, task.trained_on, steps)
    if "search" in {step.step for step in steps}:
        # Written by the job itself.
        found.pop("choice", None)
    return found


def _learnt_inputs(files: GeneralFiles, dataset: str, steps: Sequence[Step]) -> dict[str, Any]:
    """Return the same of the data set that a task learns on, where that is another."""
    found: dict[str, Any] = {"learnt_faces": files.faces(dataset), "learnt_split": files.split(dataset)}
    for step in steps:
        if isinstance(step, ProbeStep):
            read = [name for name, reads in step.methods.items() if reads == "representation"]
            found["learnt_representations"] = [files.representation(dataset, name) for name in read]
        if isinstance(step, FinetuneStep) and step.encoders:
            found["learnt_crops"] = _crops(files, dataset)
        elif not isinstance(step, FinetuneStep) and step.encoders:
            found["learnt_embeddings"] = files.embeddings(dataset, step.encoders)
    return found


def _search_inputs(files: GeneralFiles, task: GeneralTask, step: SearchStep) -> dict[str, list[Path]]:
    return {"embeddings": files.embeddings(task.dataset, step.encoders)}


def _probe_inputs(files: GeneralFiles, task: GeneralTask, step: ProbeStep) -> dict[str, list[Path]]:
    read = [name for name, reads in step.methods.items() if reads == "representation"]
    found = {
        "representations": [files.representation(task.dataset, name) for name in read],
        "represented": [files.layout.representations(task.dataset) / "record.json"],
        "own": files.encoders([task.encoder]) if step.own_head and task.encoder else [],
    }
    if step.encoders:
        found["embeddings"] = files.embeddings(task.dataset, step.encoders)
    return found


def _finetune_inputs(files: GeneralFiles, task: GeneralTask, step: FinetuneStep) -> dict[str, list[Path]]:
    methods = finetune_methods(files.general, task)
    students = [method.student for method in methods if method.name in step.methods and method.student]
    found = {"students": files.students(students, files.settings.seeds_of("general"), "model.safetensors")}
    if step.encoders:
        found["encoders"] = files.encoders(step.encoders)
        found["crops"] = _crops(files, task.dataset)
        found["choice"] = [files.layout.selection(task.name) / "choice.json"]
    return found


def _crops(files: GeneralFiles, dataset: str) -> list[Path]:
    """Return the faces of a data set that were cut out for the encoders that P-CNN can start from."""
    stored = [files.general.encoders[name].stored for name in trainable_encoders(files.general)]
    crops = [crop for crop in dict.fromkeys(stored) if crop != GENERAL_CROP]
    return [path for crop in crops for path in files.faces(dataset, crop)]


_INPUTS: dict[str, Callable[[GeneralFiles, GeneralTask, Any], dict[str, list[Path]]]] = {
    "search": _search_inputs,
    "probe": _probe_inputs,
    "finetune": _finetune_inputs,
}
