"""Rebuild tables, claims and figures from published results."""

from pathlib import Path

from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.sharing.rebuilding import rebuild

with job(snakemake) as settings:
    comparison = rebuild(Layout.of(settings), Path(snakemake.output[0]))
    for name in comparison["different"]:
        print(f"differs from the published file: {name}")  # noqa: T201 - into the log
    print(f"{len(comparison['same'])} files are the published ones, byte for byte")  # noqa: T201
