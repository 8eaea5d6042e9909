"""Evaluate every model on a data set's test subset."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.lineage.evaluation import evaluate_dataset
from engram.studies.lineage.trials import lineages

with job(snakemake) as settings:
    evaluate_dataset(
        snakemake.wildcards.dataset,
        lineages(settings.memory),
        settings,
        Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
