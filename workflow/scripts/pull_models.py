"""Pull published models, with the records and predictions that they are compared with."""

from engram.core.files import write_json
from engram.core.paths import Layout
from engram.publishing.pull import pull_models
from engram.runtime.job import job

with job(snakemake) as settings:
    write_json(snakemake.output[0], pull_models(Layout.of(settings)))
