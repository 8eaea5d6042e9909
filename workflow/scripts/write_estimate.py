"""Write the page of an estimate."""

from engram.estimate.params import PageParams
from engram.estimate.steps import write_page
from engram.runtime.job import job

with job(snakemake, PageParams) as params:
    write_page(snakemake.input, snakemake.output, params)
