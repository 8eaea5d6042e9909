"""Draw a data set's contact sheet: images before and after detection, and the misses."""

from pathlib import Path

from engram.data.images.contact_sheets import write_sheet
from engram.data.jobs import SheetParams
from engram.runtime.job import job

with job(snakemake, SheetParams) as params:
    faces = Path(snakemake.input.faces[0]).parent
    write_sheet(
        snakemake.output.sheet, faces, params.folder, params.title, task=params.task, links=params.links
    )
