"""List all jobs of a configuration with what they compute."""

from engram.estimate.params import ListParams
from engram.estimate.steps import list_jobs
from engram.runtime.job import job

with job(snakemake, ListParams) as params:
    list_jobs(snakemake.output, params)
