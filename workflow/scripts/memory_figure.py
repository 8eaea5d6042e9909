"""Draw one figure of the memory study."""

from engram.runtime.job import job
from engram.studies.memory.figure_step import draw_figure
from engram.studies.memory.jobs.evidence import EvidenceParams

with job(snakemake, EvidenceParams) as params:
    draw_figure(snakemake.input, snakemake.output, params)
