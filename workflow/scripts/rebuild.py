"""Pull published records and predictions, and rebuild tables, claims and figures from them."""

from pathlib import Path

from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.sharing.places import is_evidence
from engram.sharing.pulling import pull_published
from engram.sharing.rebuilding import rebuild, tell

with job(snakemake) as settings:
    layout = Layout.of(settings)
    pull_published(layout, is_evidence)
    comparison = rebuild(layout, Path(snakemake.output[0]), threads=snakemake.threads)
print(tell(comparison))  # noqa: T201 - for the user, not into the log
