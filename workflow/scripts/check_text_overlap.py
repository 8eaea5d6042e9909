"""Refuse a run that tests on sentences which it is trained on in another text."""

from engram.data.text.jobs import OverlapCheckParams
from engram.data.text.overlap import check_overlap
from engram.runtime.job import job

with job(snakemake, OverlapCheckParams) as params:
    check_overlap(snakemake.input, snakemake.output, params)
