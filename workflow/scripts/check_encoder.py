"""Check an imported encoder."""

from engram.ground.closure import code_hash
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.studies.sources import check_encoder

with job(snakemake) as settings:
    check_encoder(
        snakemake.wildcards.encoder,
        settings,
        Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
