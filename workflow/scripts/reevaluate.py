"""Evaluate published models anew, and compare with the published predictions."""

from pathlib import Path

from engram.config.base import JobParams
from engram.core.paths import Layout
from engram.publishing.compare import compare_predictions, tell
from engram.publishing.places import published_folder
from engram.publishing.rebuild import read_published_settings
from engram.publishing.reevaluation import reevaluate
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake, JobParams) as params:
    layout, folder = Layout(Path(params.results)), Path(snakemake.output[0])
    published = Layout(published_folder(layout.root))
    made = reevaluate(
        read_published_settings(published.root),
        layout,
        published,
        Layout(folder),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
    comparison = compare_predictions(folder, published.root, made)
print(tell(comparison))  # noqa: T201 - for the user, not into the log
