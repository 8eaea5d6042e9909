"""Pull published models, with the records and predictions that they are compared with."""

from engram.ground.files import write_json
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.sharing.pulling import pull_models

with job(snakemake) as settings:
    write_json(snakemake.output[0], pull_models(Layout.of(settings)))
