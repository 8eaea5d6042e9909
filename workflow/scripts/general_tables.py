"""Write the tables of the general study."""

from engram.core.paths import Layout
from engram.runtime.job import job
from engram.studies.general.collect import collect_general
from engram.studies.general.tables.study import TABLES, write_general_table

with job(snakemake) as settings:
    layout = Layout.of(settings)
    evidence = collect_general(settings, layout.root)
    for name in TABLES:
        write_general_table(name, evidence, layout.tables / name)
