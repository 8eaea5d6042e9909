"""Gather every table, figure and claim in one page."""

from engram.core.paths import Layout
from engram.reporting.report import write_report
from engram.runtime.job import job

with job(snakemake) as settings:
    configuration = Layout.of(settings).logs / "configuration.json"
    write_report(snakemake.output[0], snakemake.input.parts, snakemake.config, configuration)
