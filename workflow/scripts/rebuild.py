"""Pull published records and predictions, and rebuild tables, claims and figures from them."""

from pathlib import Path

from engram.core.paths import Layout
from engram.publishing.places import is_evidence
from engram.publishing.pull import pull_published
from engram.publishing.rebuild import rebuild, tell
from engram.runtime.job import job

with job(snakemake) as settings:
    layout = Layout.of(settings)
    pull_published(layout, is_evidence)
    comparison = rebuild(layout, Path(snakemake.output[0]), threads=snakemake.threads)
print(tell(comparison))  # noqa: T201 - for the user, not into the log
