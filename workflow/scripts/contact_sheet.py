"""Draw a data set's contact sheet: images before and after detection, and the misses."""

from pathlib import Path

from engram.data.images.contact_sheets import write_sheet
from engram.runtime.job import job

with job(snakemake) as settings:
    name = snakemake.wildcards.dataset
    write_sheet(
        snakemake.output[0],
        Path(snakemake.input.faces[0]).parent,
        Path(snakemake.params.folder),
        settings.datasets[name].title,
        task=settings.datasets[name].task,
    )
