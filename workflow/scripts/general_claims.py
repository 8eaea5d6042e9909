"""Judge the claims of the general study."""

from engram.core.paths import Layout
from engram.runtime.job import job
from engram.studies.general.claims import write_general_claims
from engram.studies.general.collect import collect_general

with job(snakemake) as settings:
    layout = Layout.of(settings)
    write_general_claims(collect_general(settings, layout.root), layout.tables)
