"""Write the page of all results."""

from pathlib import Path

from engram.publishing.results_page import ResultsParams, write_page
from engram.runtime.job import job

with job(snakemake, ResultsParams) as params:
    write_page(snakemake.input.evidence, snakemake.output[0], params, Path(params.results))
