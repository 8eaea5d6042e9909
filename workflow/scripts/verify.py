"""Compare everything that jobs wrote with its checksums."""

import sys
from pathlib import Path

from engram.config.base import JobParams
from engram.core.files import write_json
from engram.runtime.job import job
from engram.runtime.verify import verify

with job(snakemake, JobParams) as params:
    configuration = Path(snakemake.log[0]).with_suffix(".json")
    write_json(configuration, dict(snakemake.params.configuration))
    found = verify(Path(params.results), configuration, snakemake.threads)
    # On the terminal, where it was asked for.
    print(found, file=sys.__stdout__)
