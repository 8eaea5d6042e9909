"""Publish the results: copy them, give them to DVC, push."""

from engram.core.files import write_json
from engram.core.paths import Layout
from engram.publishing.publish import publish
from engram.runtime.job import job

with job(snakemake) as settings:
    write_json(snakemake.output[0], publish(settings, Layout.of(settings)))
