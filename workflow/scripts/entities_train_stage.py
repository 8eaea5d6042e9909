"""Train the stages of a job on text, for each of its seeds."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.entities.jobs.stages import EntitiesStageParams
from engram.studies.entities.train_step import train_text_stages
from engram.training.launch import launch_step

with job(snakemake, EntitiesStageParams) as params:
    files = snakemake.input, snakemake.output
    launch_step(train_text_stages, *files, params, threads=snakemake.threads, code=code_hash(__file__))
