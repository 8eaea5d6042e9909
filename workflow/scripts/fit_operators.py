"""Fit some operators, each for some seeds."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.fusion.fitting import fit_operators
from engram.studies.general.jobs.pipeline_params import OperatorParams

with job(snakemake, OperatorParams) as params:
    fit_operators(
        snakemake.input, snakemake.output, params, threads=snakemake.threads, code=code_hash(__file__)
    )
