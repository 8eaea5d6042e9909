"""Look for faces that have copies, in one data set or in several."""

from engram.data.images.duplicates import write_duplicates
from engram.data.jobs import DuplicateParams
from engram.runtime.job import job

with job(snakemake, DuplicateParams) as params:
    write_duplicates(snakemake.input, snakemake.output, params)
