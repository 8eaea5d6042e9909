"""Write the model cards."""

from engram.core.paths import Layout
from engram.publishing.model_cards import write_cards
from engram.runtime.job import job

with job(snakemake) as settings:
    write_cards(settings, Layout.of(settings))
