"""Keep those word vectors of a file that the texts of a network need."""

from engram.runtime.job import job
from engram.studies.entities.jobs.vectors import VectorsParams
from engram.studies.entities.vectors_step import prepare_vectors

with job(snakemake, VectorsParams) as params:
    prepare_vectors(snakemake.input, snakemake.output, params)
