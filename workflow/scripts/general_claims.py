"""Judge the claims of the general study."""

from engram.runtime.job import job
from engram.studies.general.claims import judge_claims
from engram.studies.general.jobs.report import ClaimsParams

with job(snakemake, ClaimsParams) as params:
    judge_claims(snakemake.input, snakemake.output, params)
