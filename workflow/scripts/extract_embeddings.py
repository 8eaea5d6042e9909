"""Extract a shard of a data set's embeddings by all encoders that share an input size."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.encoders.extraction import extract_embeddings
from engram.studies.general.jobs.pipeline_params import ExtractionParams

with job(snakemake, ExtractionParams) as params:
    files = snakemake.input, snakemake.output
    extract_embeddings(*files, params, threads=snakemake.threads, code=code_hash(__file__))
