"""Write the tables of levels."""

from engram.runtime.job import job
from engram.studies.levels.jobs import LevelsParams
from engram.studies.levels.tables_step import write_tables

with job(snakemake, LevelsParams) as params:
    write_tables(snakemake.input, snakemake.output, params)
