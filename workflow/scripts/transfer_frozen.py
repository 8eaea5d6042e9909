"""Solve a piece of knowledge by heads on frozen representations."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.probe import transfer_frozen

with job(snakemake) as settings:
    transfer_frozen(
        snakemake.wildcards.knowledge,
        settings,
        Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
