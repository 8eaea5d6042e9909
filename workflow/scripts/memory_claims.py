"""Judge the claims of the memory study."""

from engram.core.paths import Layout
from engram.runtime.job import job
from engram.studies.memory.claims import write_memory_claims
from engram.studies.memory.collect import collect

with job(snakemake) as settings:
    layout = Layout.of(settings)
    write_memory_claims(collect(settings, layout.root), layout.tables)
