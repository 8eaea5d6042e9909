"""Write the page of an estimate."""

from engram.estimate.jobs import EstimateParams
from engram.estimate.step import write_estimate
from engram.runtime.job import job

with job(snakemake, EstimateParams) as params:
    write_estimate(snakemake.output, params, threads=snakemake.threads)
