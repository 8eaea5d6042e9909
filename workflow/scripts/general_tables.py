"""Write the tables of the general study."""

from engram.runtime.job import job
from engram.studies.general.jobs.report import TablesParams
from engram.studies.general.tables_step import write_tables

with job(snakemake, TablesParams) as params:
    write_tables(snakemake.input, snakemake.output, params)
