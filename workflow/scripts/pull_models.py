"""Pull published models, with the records and predictions that they are compared with."""

from engram.ground.files import write_json
from engram.ground.jobs import job
from engram.ground.layout import Layout
from engram.sharing.places import is_reevaluated
from engram.sharing.pulling import pull_published

with job(snakemake) as settings:
    contents = pull_published(Layout.of(settings), is_reevaluated)
    write_json(snakemake.output[0], {name: sha for name, sha in contents.items() if is_reevaluated(name)})
