"""Train a student."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.jobs.pipeline_params import StudentParams
from engram.studies.general.students.distillation import train_student
from engram.training.launch import launch_step

with job(snakemake, StudentParams) as params:
    launch_step(
        train_student,
        snakemake.input,
        snakemake.output,
        params,
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
