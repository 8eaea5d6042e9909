"""Draw a data set of synthetic faces."""

from pathlib import Path

from engram.data.jobs import DrawParams
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.runtime.job import job

with job(snakemake, DrawParams) as params:
    spec = DrawnSpec(**params.drawn.model_dump())
    draw_dataset(spec, Path(snakemake.output.images).parent, progress=True)
