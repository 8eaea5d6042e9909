"""Train the stages of a job, for each of its seeds."""

from engram.ground.closure import code_hash
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.ground.lineage import Lineage
from engram.studies.stages import train_stages

with job(snakemake) as settings:
    train_stages(
        list(map(Lineage.parse, snakemake.params.lineages)),
        snakemake.params.seeds,
        settings,
        Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
