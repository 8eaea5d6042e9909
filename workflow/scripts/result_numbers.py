"""Write every number of the tables as a macro of LaTeX."""

from engram.publishing.results_page import ResultsParams, write_numbers
from engram.runtime.job import job

with job(snakemake, ResultsParams) as params:
    write_numbers(snakemake.output[0], params)
