"""Write the student in every format, with its card."""

from engram.export.jobs import ExportParams
from engram.export.student import export_student
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake, ExportParams) as params:
    export_student(
        snakemake.input, snakemake.output, params, threads=snakemake.threads, code=code_hash(__file__)
    )
