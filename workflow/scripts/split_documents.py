"""Split the documents of a text into training, validation and test subsets."""

from engram.data.splitting import make_split, write_split
from engram.data.text.jobs import SplitTextParams
from engram.data.text.manifest import read_text_manifest
from engram.runtime.job import job

with job(snakemake, SplitTextParams) as params:
    manifest = read_text_manifest(snakemake.input.manifest)
    split = make_split(manifest, params.split, None, params.dataset, "texts")
    write_split(snakemake.output.split, split)
