"""List all jobs of a configuration with what they compute."""

from engram.estimate.steps import ListParams, list_jobs
from engram.runtime.job import job

with job(snakemake, ListParams) as params:
    list_jobs(snakemake.output, params)
