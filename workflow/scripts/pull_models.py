"""Pull published models, with the records and predictions that they are compared with."""

from engram.config.base import JobParams
from engram.core.files import write_json
from engram.publishing.places import published_folder
from engram.publishing.pull import pull_models
from engram.runtime.job import job

with job(snakemake, JobParams) as params:
    write_json(snakemake.output[0], pull_models(published_folder(params.results)))
