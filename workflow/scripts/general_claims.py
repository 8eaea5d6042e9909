"""Judge the claims of the general study."""

from engram.runtime.job import job
from engram.studies.general.jobs.report import ClaimsParams
from engram.studies.general.report import judge_claims

with job(snakemake, ClaimsParams) as params:
    judge_claims(snakemake.input, snakemake.output, params)
