"""Find the nearest faces and the map that the figures of the fused embedding show."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.projections import make_views

with job(snakemake) as settings:
    make_views(settings, Layout.of(settings), code=code_hash(__file__))
