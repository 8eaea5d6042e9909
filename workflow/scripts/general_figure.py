"""Draw one figure of the general study."""

from engram.core.paths import Layout
from engram.runtime.job import job
from engram.studies.general.collect import collect_general
from engram.studies.general.figures import write_general_figure

with job(snakemake) as settings:
    layout = Layout.of(settings)
    name = snakemake.wildcards.figure
    write_general_figure(name, collect_general(settings, layout.root), layout.figures / name)
