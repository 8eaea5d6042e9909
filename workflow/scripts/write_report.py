"""Gather every table, figure and claim in one page."""

from engram.evidence.report_page import write_report
from engram.ground.jobs import job
from engram.ground.layout import Layout

with job(snakemake) as settings:
    configuration = Layout.of(settings).logs / "configuration.json"
    write_report(snakemake.output[0], snakemake.input.parts, snakemake.config, configuration)
