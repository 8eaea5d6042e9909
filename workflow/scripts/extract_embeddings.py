"""Extract a shard of a data set's embeddings by all encoders that share an input size."""

from engram.ground.closure import code_hash
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.studies.extraction import extract_embeddings
from engram.studies.launch import launch

with job(snakemake) as settings:
    launch(
        extract_embeddings,
        snakemake.wildcards.dataset,
        int(snakemake.wildcards.shard),
        snakemake.params.encoders,
        settings=settings,
        layout=Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
