"""Check that every data set of the memory study has the subsets and folds that models are planned for."""

from engram.data.jobs import SplitCheckParams
from engram.data.split_check import check_splits
from engram.runtime.job import job

with job(snakemake, SplitCheckParams) as params:
    check_splits(snakemake.input, snakemake.output, params)
