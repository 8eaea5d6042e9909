"""Pack the run as an RO-Crate."""

from pathlib import Path

from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.sharing.bundling import bundle

with job(snakemake) as settings:
    metadata, archive = map(Path, snakemake.output)
    repository = Path(__file__).resolve().parents[2]
    bundle(settings, Layout.of(settings), repository, metadata.parent, archive)
