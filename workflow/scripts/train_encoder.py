"""Train a source encoder."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.encoders.sources import train_encoder
from engram.studies.general.jobs.pipeline_params import EncoderParams
from engram.training.launch import launch_step

with job(snakemake, EncoderParams) as params:
    launch_step(
        train_encoder,
        snakemake.input,
        snakemake.output,
        params,
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
