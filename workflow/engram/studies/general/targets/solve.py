"""Solve a task by the steps of a job: subset search, probe, finetune."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from engram.core.errors import TrainingError
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.jobs.task_steps import TaskParams
from engram.studies.general.selection.search import search_subsets
from engram.studies.general.targets.finetune import finetune
from engram.studies.general.targets.left_out import leave_out
from engram.studies.general.targets.probe import probe
from engram.studies.general.targets.task_job import TaskJob
from engram.training.distributed import is_main
from engram.training.launch import launch_step

__all__ = ["run_steps", "solve_task"]

_STEPS: dict[str, Callable[[TaskJob, Any, str], None]] = {
    "search": search_subsets,
    "probe": probe,
    "finetune": finetune,
}


def solve_task(
    inputs: NamedFiles, outputs: NamedFiles, params: TaskParams, *, threads: int, code: str
) -> None:
    """Run the steps of a task's job; where all of them train networks, in several processes if so set."""
    if all(step.step == "finetune" for step in params.steps):
        launch_step(run_steps, inputs, outputs, params, threads=threads, code=code)
    else:
        run_steps(inputs, outputs, params, threads=threads, code=code)


def run_steps(
    inputs: NamedFiles, outputs: NamedFiles, params: TaskParams, *, threads: int, code: str
) -> None:
    """Run the steps in their order; each writes its predictions and records.

    Of a task that cannot be solved, or whose training fails, all files say that it is left out and why:
    the tables of the other tasks do not wait for it. With ``unsolvable: stop`` the job fails instead.

    Parameters
    ----------
    inputs, outputs
        The files of `engram.studies.general.jobs.tasks.task_jobs`, by name.
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the records.

    Raises
    ------
    EngramError
        If faces, embeddings or models are missing or do not fit together.
    """
    job = TaskJob.load(inputs, outputs, params, threads)
    try:
        job.left_out()
        for step in params.steps:
            _STEPS[step.step](job, step, code)
    except TrainingError as error:
        if params.unsolvable == "stop":
            raise
        print(f"task '{job.task.name}' is left out: {error}", file=sys.stderr)  # noqa: T201 - the job's log
        if is_main():
            for step in params.steps:
                leave_out(job, step, str(error), code)
