"""Write the student in every format, with its card."""

from engram.core.paths import Layout
from engram.export.student import export_student
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake) as settings:
    export_student(
        settings,
        Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
