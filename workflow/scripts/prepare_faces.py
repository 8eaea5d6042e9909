"""Detect, align and store the faces of a data set."""

from pathlib import Path

from engram.core.paths import Layout
from engram.data.images.preparation import prepare_dataset
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake) as settings:
    prepare_dataset(
        snakemake.wildcards.dataset,
        snakemake.wildcards.crop,
        Path(snakemake.params.folder),
        settings,
        Layout.of(settings),
        code=code_hash(__file__),
    )
