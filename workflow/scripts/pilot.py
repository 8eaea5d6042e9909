"""Measure a few steps of every network of a run."""

from engram.config import ComputeParams
from engram.estimate.steps import measure_networks
from engram.runtime.job import job

with job(snakemake, ComputeParams) as params:
    measure_networks(snakemake.input, snakemake.output, params, threads=snakemake.threads)
