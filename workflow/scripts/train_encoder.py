"""Train a source encoder."""

from engram.ground.closure import code_hash
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.studies.launch import launch
from engram.studies.sources import train_encoder

with job(snakemake) as settings:
    launch(
        train_encoder,
        snakemake.wildcards.encoder,
        settings=settings,
        layout=Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
