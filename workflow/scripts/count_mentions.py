"""Count a text's documents, tokens and mentions, and which test mentions its training subset has."""

from engram.runtime.job import job
from engram.studies.entities.mentions import MentionParams, count_mentions

with job(snakemake, MentionParams) as params:
    count_mentions(snakemake.input, snakemake.output, params)
