"""Turn a text as published into a manifest."""

from engram.data.text.jobs import ReadTextParams
from engram.data.text.manifest import write_text_manifest
from engram.data.text.prepare import read_manifest_of
from engram.runtime.job import job

with job(snakemake, ReadTextParams) as params:
    write_text_manifest(snakemake.output.manifest, read_manifest_of(params))
