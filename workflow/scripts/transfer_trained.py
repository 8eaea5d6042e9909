"""Train whole networks on a piece of knowledge."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.finetune import transfer_trained
from engram.training.launch import launch

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
