"""Turn a published layout into a manifest."""

from pathlib import Path

from engram.data.images.readers import read_dataset
from engram.data.manifest import write_manifest
from engram.runtime.job import job

with job(snakemake) as settings:
    name = snakemake.wildcards.dataset
    manifest = read_dataset(name, settings.datasets[name], Path(snakemake.params.folder))
    write_manifest(snakemake.output[0], manifest)
