"""Turn a published layout into a manifest."""

from engram.data.images.readers import read_dataset
from engram.data.jobs import ReadParams
from engram.data.manifest import write_manifest
from engram.runtime.job import job

with job(snakemake, ReadParams) as params:
    manifest = read_dataset(params.dataset, params.reader, params.folder, params.options, params.links)
    write_manifest(snakemake.output.manifest, manifest)
