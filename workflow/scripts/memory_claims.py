"""Judge the claims of the memory study."""

from engram.runtime.job import job
from engram.studies.memory.claims import judge_claims
from engram.studies.memory.jobs.evidence import EvidenceParams

with job(snakemake, EvidenceParams) as params:
    judge_claims(snakemake.input, snakemake.output, params)
