"""Pack the run as an RO-Crate."""

from engram.publishing.jobs import BundleParams
from engram.publishing.ro_crate import bundle
from engram.runtime.job import job

with job(snakemake, BundleParams) as params:
    bundle(snakemake.input, snakemake.output, params)
