"""Judge the claims of the study of named entities."""

from engram.runtime.job import job
from engram.studies.entities.claims import judge_entities_claims
from engram.studies.entities.jobs.evidence import EvidenceParams

with job(snakemake, EvidenceParams) as params:
    judge_entities_claims(snakemake.input, snakemake.output, params)
