"""Draw one figure of the general study."""

from engram.runtime.job import job
from engram.studies.general.jobs.report import FigureParams
from engram.studies.general.report import draw_figure

with job(snakemake, FigureParams) as params:
    draw_figure(snakemake.input, snakemake.output, params)
