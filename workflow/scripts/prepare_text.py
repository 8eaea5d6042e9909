"""Store the sentences of a text."""

from engram.data.text.jobs import PrepareTextParams
from engram.data.text.prepare import prepare_text
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job

with job(snakemake, PrepareTextParams) as params:
    prepare_text(snakemake.input, snakemake.output, params, code=code_hash(__file__))
