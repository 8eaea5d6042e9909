"""Compare everything that jobs wrote with its sums."""

import sys
from pathlib import Path

from engram.runtime.job import job
from engram.runtime.verify import verify

with job(snakemake) as settings:
    found = verify(Path(settings.results), snakemake.params.options, snakemake.threads)
    # On the terminal, where it was asked for.
    print(found, file=sys.__stdout__)
