"""Write every frozen representation of a data set's faces."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.jobs.pipeline_params import RepresentParams
from engram.studies.general.representations.represent import represent_faces

with job(snakemake, RepresentParams) as params:
    represent_faces(
        snakemake.input, snakemake.output, params, threads=snakemake.threads, code=code_hash(__file__)
    )
