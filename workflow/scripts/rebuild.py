"""Pull published records and predictions, and rebuild tables, claims and figures from them."""

from pathlib import Path

from engram.config.base import JobParams
from engram.publishing.places import is_evidence, published_folder
from engram.publishing.pull import pull_published
from engram.publishing.rebuild import rebuild, tell
from engram.runtime.job import job

with job(snakemake, JobParams) as params:
    published = published_folder(params.results)
    pull_published(published, is_evidence)
    comparison = rebuild(published, Path(snakemake.output[0]), threads=snakemake.threads)
print(tell(comparison))  # noqa: T201 - for the user, not into the log
