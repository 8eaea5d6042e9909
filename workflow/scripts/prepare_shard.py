"""Detect, align and store the faces of one shard of a data set."""

from engram.data.images.shards import prepare_shard
from engram.data.shard_jobs import PrepareShardParams
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake, PrepareShardParams) as params:
    prepare_shard(snakemake.input, snakemake.output, params, code=code_hash(__file__))
