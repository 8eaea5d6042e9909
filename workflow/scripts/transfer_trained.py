"""Train whole networks on a piece of knowledge."""

from engram.ground.closure import code_hash
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.studies.launch import launch
from engram.studies.tuning import transfer_trained

with job(snakemake) as settings:
    launch(
        transfer_trained,
        snakemake.wildcards.knowledge,
        snakemake.params.approaches,
        settings=settings,
        layout=Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
