"""Judge the claims of the memory study."""

from engram.evidence.claims_report import write_memory_claims
from engram.evidence.collect import collect
from engram.ground.jobs import job
from engram.ground.layout import Layout

with job(snakemake) as settings:
    layout = Layout.of(settings)
    write_memory_claims(collect(settings, layout.root), layout.tables)
