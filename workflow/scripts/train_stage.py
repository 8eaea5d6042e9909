"""Train the stages of a job, for each of its seeds."""

from engram.ground.closure import code_hash
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.studies.launch import launch
from engram.studies.stages import train_stages

with job(snakemake) as settings:
    launch(
        train_stages,
        snakemake.params.lineages,
        snakemake.params.seeds,
        settings=settings,
        layout=Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
