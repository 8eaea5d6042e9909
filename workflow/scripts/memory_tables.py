"""Write the tables of the memory study."""

from engram.evidence.collect import collect
from engram.evidence.tables_memory import TABLES, write_memory_table
from engram.ground.jobs import job
from engram.ground.layout import Layout

with job(snakemake) as settings:
    layout = Layout.of(settings)
    evidence = collect(settings, layout.root)
    for name in TABLES:
        write_memory_table(name, evidence, layout.tables / name)
