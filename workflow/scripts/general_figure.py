"""Draw one figure of the general study."""

from engram.runtime.job import job
from engram.studies.general.figure_step import draw_figure
from engram.studies.general.jobs.report import FigureParams

with job(snakemake, FigureParams) as params:
    draw_figure(snakemake.input, snakemake.output, params)
