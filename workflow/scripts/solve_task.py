"""Solve a task by the steps of a job: subset search, probe, finetune."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.jobs.task_steps import TaskParams
from engram.studies.general.targets.solve import solve_task

with job(snakemake, TaskParams) as params:
    solve_task(snakemake.input, snakemake.output, params, threads=snakemake.threads, code=code_hash(__file__))
