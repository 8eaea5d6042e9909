"""Part a data set into training, validation and test subsets."""

import pandas as pd

from engram.data.splitting import make_split, write_split
from engram.runtime.job import job

with job(snakemake) as settings:
    name = snakemake.wildcards.dataset
    chosen = settings.datasets[name]
    split = make_split(pd.read_parquet(snakemake.input.manifest), chosen.split, chosen.task, name)
    write_split(snakemake.output[0], split)
