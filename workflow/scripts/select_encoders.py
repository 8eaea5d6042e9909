"""Choose the encoders that serve a target, and solve it by them."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.selection.step import select_encoders

with job(snakemake) as settings:
    select_encoders(
        snakemake.wildcards.knowledge,
        settings,
        Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
