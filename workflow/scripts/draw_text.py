"""Draw a text."""

from pathlib import Path

from engram.data.synthetic.text.dataset import draw_text
from engram.data.text.jobs import DrawTextParams
from engram.runtime.job import job

with job(snakemake, DrawTextParams) as params:
    draw_text(params.drawn, Path(snakemake.output.train).parent)
