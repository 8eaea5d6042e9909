"""Write the tables of the memory study."""

from engram.runtime.job import job
from engram.studies.memory.jobs.evidence import EvidenceParams
from engram.studies.memory.tables_step import write_tables

with job(snakemake, EvidenceParams) as params:
    write_tables(snakemake.input, snakemake.output, params)
