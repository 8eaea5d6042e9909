"""Log every record to MLflow."""

from engram.core.files import write_json
from engram.core.paths import Layout
from engram.publishing.tracking import track
from engram.runtime.job import job

with job(snakemake) as settings:
    write_json(snakemake.output[0], track(settings, Layout.of(settings)))
