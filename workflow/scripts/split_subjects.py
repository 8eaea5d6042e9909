"""Split a data set into training, validation and test subsets."""

from engram.data.jobs import SplitParams
from engram.data.manifest import read_manifest
from engram.data.splitting import make_split, write_split
from engram.runtime.job import job

with job(snakemake, SplitParams) as params:
    manifest = read_manifest(snakemake.input.manifest)
    split = make_split(manifest, params.split, params.task, params.dataset)
    write_split(snakemake.output.split, split)
