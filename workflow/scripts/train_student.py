"""Train a student, for each seed of the job."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.students import train_students
from engram.training.launch import launch

with job(snakemake) as settings:
    launch(
        train_students,
        snakemake.wildcards.kind,
        snakemake.params.seeds,
        settings=settings,
        layout=Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
