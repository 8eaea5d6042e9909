"""Write the model cards."""

from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.sharing.cards import write_cards

with job(snakemake) as settings:
    write_cards(settings, Layout.of(settings))
