"""Write the model cards."""

from engram.publishing.jobs import CardParams
from engram.publishing.model_cards import write_cards
from engram.runtime.job import job

with job(snakemake, CardParams) as params:
    write_cards(snakemake.input, snakemake.output, params)
