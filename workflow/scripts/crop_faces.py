"""Cut the detected faces of a data set out again, as imported encoders want them."""

from engram.data.images.crop import crop_faces
from engram.data.jobs import CropParams
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake, CropParams) as params:
    crop_faces(snakemake.input, snakemake.output, params, code=code_hash(__file__))
