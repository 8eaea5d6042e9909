"""Gather every table, figure and claim in one page."""

from engram.config.base import JobParams
from engram.reporting.report import write_report
from engram.runtime.job import job

with job(snakemake, JobParams):
    write_report(
        snakemake.input.parts,
        snakemake.input.style,
        snakemake.output.page,
        snakemake.output.overview,
        snakemake.config,
    )
