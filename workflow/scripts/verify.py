"""Compare everything that jobs wrote with its sums."""

import sys
from pathlib import Path

from engram.ground.jobs import job
from engram.ground.verifying import verify

with job(snakemake) as settings:
    found = verify(Path(settings.results), snakemake.params.options, snakemake.threads)
    # On the terminal, where it was asked for.
    print(found, file=sys.__stdout__)
