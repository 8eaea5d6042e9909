"""Draw a data set of faces."""

from pathlib import Path

from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.runtime.job import job

with job(snakemake) as settings:
    drawn = settings.datasets[snakemake.wildcards.dataset].drawn
    draw_dataset(DrawnSpec(**drawn.model_dump()), Path(snakemake.output.images).parent, progress=True)
