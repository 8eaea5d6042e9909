"""Write the tables of the study of named entities."""

from engram.runtime.job import job
from engram.studies.entities.jobs.evidence import EvidenceParams
from engram.studies.entities.tables_step import write_entities_tables

with job(snakemake, EvidenceParams) as params:
    write_entities_tables(snakemake.input, snakemake.output, params)
