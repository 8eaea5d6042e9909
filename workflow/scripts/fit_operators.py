"""Fit the operators of a job, for each of its seeds."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.fusion import fit_operators

with job(snakemake) as settings:
    fit_operators(
        snakemake.params.operators,
        snakemake.params.seeds,
        settings,
        Layout.of(settings),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
