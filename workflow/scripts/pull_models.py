"""Pull published models, with the records and predictions that they are compared with."""

from engram.config.base import JobParams
from engram.core.files import write_json
from engram.publishing.places import is_reevaluated, published_folder
from engram.publishing.pull import pull_published
from engram.runtime.job import job

with job(snakemake, JobParams) as params:
    contents = pull_published(published_folder(params.results), is_reevaluated)
    write_json(snakemake.output[0], contents)
