"""Train the stages of a job, for each of its seeds."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.memory.jobs.stages import MemoryStageParams
from engram.studies.memory.train_step import train_stages
from engram.training.launch import launch_step

with job(snakemake, MemoryStageParams) as params:
    files = snakemake.input, snakemake.output
    launch_step(train_stages, *files, params, threads=snakemake.threads, code=code_hash(__file__))
