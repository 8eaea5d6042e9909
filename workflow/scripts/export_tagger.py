"""Write the best tagger with its card."""

from engram.export.tagger import export_tagger
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.entities.jobs.export import TaggerExportParams

with job(snakemake, TaggerExportParams) as params:
    export_tagger(snakemake.input, snakemake.output, params, code=code_hash(__file__))
