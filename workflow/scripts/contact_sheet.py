"""Draw a data set's contact sheet: images before and after detection, and the misses."""

from pathlib import Path

from engram.faces.sheets import write_sheet
from engram.ground.jobs import job
from engram.ground.layout import Layout

with job(snakemake) as settings:
    name = snakemake.wildcards.dataset
    write_sheet(
        snakemake.output[0],
        Layout.of(settings).faces(name),
        Path(snakemake.params.folder),
        settings.datasets[name].title,
        task=settings.datasets[name].task,
    )
