"""Write the tables of the memory study."""

from engram.core.paths import Layout
from engram.runtime.job import job
from engram.studies.memory.collect import collect
from engram.studies.memory.tables import TABLES, write_memory_table

with job(snakemake) as settings:
    layout = Layout.of(settings)
    evidence = collect(settings, layout.root)
    for name in TABLES:
        write_memory_table(name, evidence, layout.tables / name)
