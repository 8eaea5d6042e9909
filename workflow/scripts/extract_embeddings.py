"""Extract a shard of a data set's embeddings by all encoders that share an input size."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.extraction import extract_embeddings
from engram.training.launch import launch

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
