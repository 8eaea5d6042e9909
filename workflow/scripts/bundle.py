"""Pack the run as an RO-Crate."""

from pathlib import Path

from engram.core.paths import Layout
from engram.publishing.ro_crate import bundle
from engram.runtime.job import job

with job(snakemake) as settings:
    metadata, archive = map(Path, snakemake.output)
    repository = Path(__file__).resolve().parents[2]
    bundle(settings, Layout.of(settings), repository, metadata.parent, archive)
