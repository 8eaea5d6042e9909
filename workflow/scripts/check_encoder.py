"""Check an imported encoder."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.encoders.sources import check_encoder
from engram.studies.general.jobs.pipeline_params import CheckParams

with job(snakemake, CheckParams) as params:
    check_encoder(
        snakemake.input, snakemake.output, params, threads=snakemake.threads, code=code_hash(__file__)
    )
