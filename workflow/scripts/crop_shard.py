"""Cut the detected faces of one shard out again, as imported encoders want them."""

from engram.data.images.shards import crop_shard
from engram.data.shard_jobs import CropShardParams
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake, CropShardParams) as params:
    crop_shard(snakemake.input, snakemake.output, params, code=code_hash(__file__))
