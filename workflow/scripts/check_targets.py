"""Check that the tasks can be solved with the data and splits that are there."""

from engram.runtime.job import job
from engram.studies.general.jobs.target_check import TargetCheckParams
from engram.studies.general.targets.target_check import check_targets

with job(snakemake, TargetCheckParams) as params:
    check_targets(snakemake.input, snakemake.output, params)
