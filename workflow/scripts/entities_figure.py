"""Draw one figure of the study of named entities."""

from engram.runtime.job import job
from engram.studies.entities.figure_step import draw_entities_figure
from engram.studies.entities.jobs.evidence import EvidenceParams

with job(snakemake, EvidenceParams) as params:
    draw_entities_figure(snakemake.input, snakemake.output, params)
