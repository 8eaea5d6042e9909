"""Write the model cards of all taggers."""

from engram.runtime.job import job
from engram.studies.entities.card import write_cards
from engram.studies.entities.jobs.evidence import EvidenceParams

with job(snakemake, EvidenceParams) as params:
    write_cards(snakemake.input, snakemake.output, params)
