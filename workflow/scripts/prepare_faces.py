"""Detect, align and store the faces of a data set."""

from engram.data.images.prepare import prepare_dataset
from engram.data.jobs import PrepareParams
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake, PrepareParams) as params:
    prepare_dataset(snakemake.input, snakemake.output, params, code=code_hash(__file__))
