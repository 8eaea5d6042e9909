"""Draw one figure of the memory study."""

from engram.core.paths import Layout
from engram.runtime.job import job
from engram.studies.memory.collect import collect
from engram.studies.memory.figures import write_figure

with job(snakemake) as settings:
    layout = Layout.of(settings)
    name = snakemake.wildcards.figure
    write_figure(name, collect(settings, layout.root), layout.figures / name)
