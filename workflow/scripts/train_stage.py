"""Train the stages of a job, for each of its seeds."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.lineage.stages import train_stages
from engram.training.launch import launch

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
