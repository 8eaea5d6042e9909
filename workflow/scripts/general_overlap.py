"""Look for faces and subjects that are both learnt from and tested on."""

from engram.runtime.job import job
from engram.studies.general.encoders.overlap import write_overlap
from engram.studies.general.jobs.overlap import OverlapParams

with job(snakemake, OverlapParams) as params:
    write_overlap(snakemake.input, snakemake.output, params)
