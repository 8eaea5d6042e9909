"""Publish the results: copy them, give them to DVC, push."""

from engram.core.files import write_json
from engram.publishing.jobs import PublishParams
from engram.publishing.publish import publish
from engram.runtime.job import job

with job(snakemake, PublishParams) as params:
    write_json(snakemake.output[0], publish(snakemake.input, params))
