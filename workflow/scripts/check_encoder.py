"""Check an imported encoder."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.sources import check_encoder

with job(snakemake) as settings:
    check_encoder(
        snakemake.wildcards.encoder,
        settings,
        Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
