"""Find the nearest faces and the map that the figures of the fused embedding show."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.jobs.pipeline_params import ProjectionParams
from engram.studies.general.representations.projections import make_views

with job(snakemake, ProjectionParams) as params:
    make_views(snakemake.input, snakemake.output, params, code=code_hash(__file__))
