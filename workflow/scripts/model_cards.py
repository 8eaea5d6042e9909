"""Write the model cards of the memory study."""

from engram.runtime.job import job
from engram.studies.memory.card import write_cards
from engram.studies.memory.jobs.cards import CardParams

with job(snakemake, CardParams) as params:
    write_cards(snakemake.input, snakemake.output, params)
