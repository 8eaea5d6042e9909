"""Train a source encoder."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.sources import train_encoder
from engram.training.launch import launch

with job(snakemake) as settings:
    launch(
        train_encoder,
        snakemake.wildcards.encoder,
        settings=settings,
        layout=Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
