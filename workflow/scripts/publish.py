"""Publish the results: copy them, give them to DVC, push."""

from engram.ground.files import write_json
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.sharing.publishing import publish

with job(snakemake) as settings:
    write_json(snakemake.output[0], publish(settings, Layout.of(settings)))
