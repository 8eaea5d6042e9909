"""Make one store of a data set's shards."""

from engram.data.images.shards import join_faces
from engram.data.shard_jobs import JoinParams
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake, JoinParams) as params:
    join_faces(snakemake.input, snakemake.output, params, code=code_hash(__file__))
