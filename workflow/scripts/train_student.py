"""Train a student, for each seed of the job."""

from engram.ground.closure import code_hash
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.studies.launch import launch
from engram.studies.students import train_students

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
