"""Log every record to MLflow."""

from engram.ground.files import write_json
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.sharing.tracking import track

with job(snakemake) as settings:
    write_json(snakemake.output[0], track(settings, Layout.of(settings)))
