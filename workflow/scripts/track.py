"""Log every record to MLflow."""

from engram.core.files import write_json
from engram.publishing.jobs import TrackParams
from engram.publishing.tracking import track
from engram.runtime.job import job

with job(snakemake, TrackParams) as params:
    write_json(snakemake.output[0], track(snakemake.input, params))
