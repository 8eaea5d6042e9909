"""Draw one figure of the memory study."""

from engram.evidence.collect import collect
from engram.evidence.figures import write_figure
from engram.ground.jobs import job
from engram.ground.layout import Layout

with job(snakemake) as settings:
    layout = Layout.of(settings)
    name = snakemake.wildcards.figure
    write_figure(name, collect(settings, layout.root), layout.figures / name)
