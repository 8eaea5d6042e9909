"""Split data sets into subsets, without the faces that are copies of tested ones."""

from engram.data.images.copies import write_split_without_copies
from engram.data.jobs import SplitWithoutCopiesParams
from engram.runtime.job import job

with job(snakemake, SplitWithoutCopiesParams) as params:
    write_split_without_copies(snakemake.input, snakemake.output, params)
