"""Evaluate published models anew, and compare with the published predictions."""

from pathlib import Path

from engram.ground.closure import code_hash
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.sharing.comparing import compare_predictions, tell
from engram.sharing.places import published_folder
from engram.sharing.rebuilding import read_published_settings
from engram.studies.reevaluation import reevaluate

with job(snakemake) as settings:
    layout, folder = Layout.of(settings), Path(snakemake.output[0])
    published = Layout(published_folder(layout))
    made = reevaluate(
        read_published_settings(layout),
        layout,
        published,
        Layout(folder),
        threads=snakemake.threads,
        code=code_hash(__file__),
    )
    comparison = compare_predictions(folder, published.root, made)
print(tell(comparison))  # noqa: T201 - for the user, not into the log
