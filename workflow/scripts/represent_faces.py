"""Write every frozen representation of a data set's faces."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.represent import represent_faces

with job(snakemake) as settings:
    represent_faces(
        snakemake.wildcards.dataset,
        settings,
        Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
