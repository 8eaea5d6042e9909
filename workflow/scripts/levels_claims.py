"""Judge the claims about levels."""

from engram.runtime.job import job
from engram.studies.levels.claims import judge_claims
from engram.studies.levels.jobs import LevelsParams

with job(snakemake, LevelsParams) as params:
    judge_claims(snakemake.input, snakemake.output, params)
