"""Look for test sentences of each text in the training and validation subsets of all."""

from engram.data.text.jobs import OverlapParams
from engram.data.text.overlap import write_overlap
from engram.runtime.job import job

with job(snakemake, OverlapParams) as params:
    write_overlap(snakemake.input, snakemake.output, params)
