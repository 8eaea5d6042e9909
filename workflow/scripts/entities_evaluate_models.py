"""Evaluate on a text's test subset every model that has seen the text."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.entities.evaluate_step import evaluate_text_models
from engram.studies.entities.jobs.stages import EntitiesEvaluationParams

with job(snakemake, EntitiesEvaluationParams) as params:
    files = snakemake.input, snakemake.output
    evaluate_text_models(*files, params, threads=snakemake.threads, code=code_hash(__file__))
